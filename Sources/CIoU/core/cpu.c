#define _GNU_SOURCE
#include "core/cpu.h"

#include "core/blas.h"
#include "core/cgroup.h"
#include "core/status.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#ifdef IOU_EMULATE_AVX512
#define EMULATES_AVX512 true
#else
#define EMULATES_AVX512 false
#endif

#if defined(IOU_EMULATE_AVX512) || defined(IOU_EMULATE_AVX_VNNI)
#define EMULATES_AVX_VNNI true
#else
#define EMULATES_AVX_VNNI false
#endif

/* Each after those that it surpasses. */
static const struct {
    const char *name;
    iou_isa isa;
} levels[] = {{"scalar", IOU_ISA_SCALAR},
              {"blas", IOU_ISA_BLAS},
              {"avx2", IOU_ISA_AVX2},
              {"avxvnni", IOU_ISA_AVX2 | IOU_ISA_AVX_VNNI},
              {"avx512", IOU_ISA_AVX2 | IOU_ISA_AVX512},
              {"avx512vnni", IOU_ISA_AVX2 | IOU_ISA_AVX512 | IOU_ISA_VNNI}};

enum { LEVELS = sizeof levels / sizeof levels[0] };

#if defined(__x86_64__)
/* Which compilers' __builtin_cpu_supports do not know yet. */
static bool has_avx_vnni(void) {
    unsigned eax, ebx, ecx, edx;
    return EMULATES_AVX_VNNI ||
           (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & 1u << 4));
}
#endif

/* __builtin_cpu_supports asks the operating system too (XCR0). */
iou_isa iou_cpu_best(void) {
    iou_isa best = IOU_ISA_SCALAR;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        best |= IOU_ISA_AVX2 | (has_avx_vnni() ? IOU_ISA_AVX_VNNI : 0);
        const bool wide =
            EMULATES_AVX512 ||
            (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"));
        best |= wide ? IOU_ISA_AVX512 : 0;
        const bool products = EMULATES_AVX512 || __builtin_cpu_supports("avx512vnni");
        best |= wide && products ? IOU_ISA_VNNI : 0;
    }
#endif
    return best;
}

const char *iou_isa_name(iou_isa isa) {
    int level = LEVELS - 1;
    while (level > 0 && (isa & levels[level].isa & ~levels[level - 1].isa) == 0) {
        level--;
    }
    return levels[level].name;
}

const void *iou_isa_select(const void *const *variants, size_t count, iou_isa isa) {
    const void *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (iou_isa_has(isa, *(const iou_isa *)variants[i])) {
            best = variants[i];
        }
    }
    return best;
}

/* Whether OpenBLAS can do the products here. */
static iou_status check_blas(iou_error *error) {
    IOU_FAIL_IF(!iou_blas_is_there(), IOU_INVALID_ARGUMENT, error,
                "instruction set 'blas': expected a library built with BLAS=1, found one without");
    const iou_blas_core core = iou_blas_find_core();
    IOU_FAIL_IF(core.lacks_instructions, IOU_INVALID_ARGUMENT, error,
                "instruction set 'blas': expected OpenBLAS's core '%s' for this processor, found "
                "'%s'; set OPENBLAS_CORETYPE=%s",
                core.expected, core.found, core.expected);
    return IOU_OK;
}

iou_status iou_cpu_select(const char *name, iou_isa *isa, iou_error *error) {
    const iou_isa best = iou_cpu_best();
    const char *requested = name ? name : getenv("IOU_ISA");
    *isa = best;
    if (!requested || !*requested) {
        *isa |= best == IOU_ISA_SCALAR && check_blas(NULL) == IOU_OK ? IOU_ISA_BLAS : 0;
        return IOU_OK;
    }
    if (strcmp(requested, "blas") == 0) {
        *isa = IOU_ISA_BLAS;
        return check_blas(error);
    }
    for (int level = 0; level < LEVELS; level++) {
        if (strcmp(requested, levels[level].name) == 0) {
            IOU_FAIL_IF(!iou_isa_has(best, levels[level].isa), IOU_INVALID_ARGUMENT, error,
                        "instruction set '%s': this processor has '%s' at best", requested,
                        iou_isa_name(best));
            *isa = levels[level].isa;
            return IOU_OK;
        }
    }
    return iou_fail(
        error, IOU_INVALID_ARGUMENT,
        "instruction set '%s': expected scalar, blas, avx2, avxvnni, avx512 or avx512vnni",
        requested);
}

int iou_cpu_count(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    const int quota = iou_cgroup_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    if (quota > 0 && quota < count) {
        count = quota;
    }
    return count > 0 ? count : 1;
}

#define _GNU_SOURCE
#include "core/cpu.h"

#include "core/cgroup.h"
#include "core/status.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#ifdef IOU_EMULATE_AVX512
#define EMULATES_AVX512 true
#else
#define EMULATES_AVX512 false
#endif

static const char *const isa_names[] = {"scalar", "avx2", "avx512"};

/* __builtin_cpu_supports asks the operating system too (XCR0). */
iou_isa iou_cpu_best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        const bool wide =
            EMULATES_AVX512 ||
            (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"));
        return wide ? IOU_ISA_AVX512 : IOU_ISA_AVX2;
    }
#endif
    return IOU_ISA_SCALAR;
}

const char *iou_isa_name(iou_isa isa) {
    return isa_names[isa];
}

iou_status iou_cpu_select(const char *name, iou_isa *isa, iou_error *error) {
    const iou_isa best = iou_cpu_best();
    const char *wanted = name ? name : getenv("IOU_ISA");
    *isa = best;
    if (!wanted || !*wanted) {
        return IOU_OK;
    }
    for (int level = IOU_ISA_SCALAR; level <= IOU_ISA_AVX512; level++) {
        if (strcmp(wanted, isa_names[level]) == 0) {
            IOU_FAIL_IF(level > (int)best, IOU_INVALID_ARGUMENT, error,
                        "instruction set '%s' is wanted, this processor offers '%s' at best",
                        wanted, isa_names[best]);
            *isa = (iou_isa)level;
            return IOU_OK;
        }
    }
    return iou_fail(error, IOU_INVALID_ARGUMENT,
                    "instruction set '%s' is wanted, known are scalar, avx2 and avx512", wanted);
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

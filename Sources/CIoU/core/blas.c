#include "core/blas.h"

#include "core/sizes.h"
#include "core/target.h"

#include <limits.h>
#include <string.h>

/* The only file of the library that knows a BLAS. */

#if defined(IOU_OPENBLAS)

#include <cblas.h>
#include <pthread.h>
#if IOU_X86
#include <cpuid.h>
#endif

/*
 * Debian builds the serial OpenBLAS without USE_LOCKING: threads that call it at the same time may
 * be given the same buffer, and compute nonsense. Where it is linked statically, the linker leads
 * its requests for buffers through a lock (--wrap, in the Makefile). Elsewhere products wait for
 * each other.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#if defined(IOU_OPENBLAS_WRAPPED)
enum { LOCKS_PRODUCTS = 0 };

void *__real_blas_memory_alloc(int position);
void __real_blas_memory_free(void *buffer);
void *__wrap_blas_memory_alloc(int position);
void __wrap_blas_memory_free(void *buffer);

void *__wrap_blas_memory_alloc(int position) {
    pthread_mutex_lock(&lock);
    void *const buffer = __real_blas_memory_alloc(position);
    pthread_mutex_unlock(&lock);
    return buffer;
}

void __wrap_blas_memory_free(void *buffer) {
    pthread_mutex_lock(&lock);
    __real_blas_memory_free(buffer);
    pthread_mutex_unlock(&lock);
}
#else
enum { LOCKS_PRODUCTS = 1 };
#endif

const char *iou_blas_name(void) {
    return "OpenBLAS";
}

bool iou_blas_is_there(void) {
    return true;
}

/* Rows [row, row + rows), and of their sums the terms [term, term + terms); sizes fit into int. */
static void multiply_part(const iou_blas_product *p, size_t row, size_t rows, size_t term,
                          size_t terms) {
    /* the stride of a single row does not matter, but is compared with its size */
    const size_t a_stride = iou_size_max(1, rows == 1 ? terms : p->a_stride);
    const size_t c_stride = rows == 1 ? p->columns : p->c_stride;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)p->columns, (int)terms,
                1.0F, p->a + row * p->a_stride + term, (int)a_stride, p->b + term * p->b_stride,
                (int)p->b_stride, term == 0 ? 0.0F : 1.0F, p->c + row * p->c_stride, (int)c_stride);
}

void iou_blas_multiply(const iou_blas_product *product) {
    enum { MOST = 1 << 30 }; /* of what OpenBLAS counts in int */
    const iou_blas_product *p = product;
    const bool wide = p->a_stride > INT_MAX || p->c_stride > INT_MAX;
    const size_t rows = wide ? 1 : MOST;
    if (LOCKS_PRODUCTS) {
        pthread_mutex_lock(&lock);
    }
    for (size_t row = 0; row < p->rows; row += rows) {
        size_t term = 0;
        do { /* a sum of no terms is zero */
            multiply_part(p, row, iou_size_min(p->rows - row, rows), term,
                          iou_size_min(p->depth - term, MOST));
            term += MOST;
        } while (term < p->depth);
    }
    if (LOCKS_PRODUCTS) {
        pthread_mutex_unlock(&lock);
    }
}

#if IOU_X86

/* Instructions, ascending; those above AVX widen the vectors. */
enum {
    SSE3 = 1 << 0,
    SSSE3 = 1 << 1,
    SSE41 = 1 << 2,
    SSE42 = 1 << 3,
    AMD3DNOW = 1 << 4,
    FMA = 1 << 5,
    FMA4 = 1 << 6,
    AVX = 1 << 7,
    AVX2 = 1 << 8,
    AVX512 = 1 << 9,
    BF16 = 1 << 10,
    WIDTHS = AVX | AVX2 | AVX512
};

typedef struct core_kind {
    const char *name; /* of OPENBLAS_CORETYPE and openblas_get_corename */
    unsigned needs;
} core_kind;

/* The first that a processor can be is the best for it that is not one maker's. */
static const core_kind kinds[] = {
    {"SkylakeX", AVX | AVX2 | FMA | AVX512},
    {"Haswell", AVX | AVX2 | FMA},
    {"Sandybridge", AVX},
    {"Nehalem", SSE42},
    {"Penryn", SSE41},
    {"Core2", SSSE3},
    {"Prescott", SSE3},
    {"Northwood", 0},
    {"Cooperlake", AVX | AVX2 | FMA | AVX512 | BF16},
    {"Sapphirerapids", AVX | AVX2 | FMA | AVX512 | BF16},
    {"SapphireRapids", AVX | AVX2 | FMA | AVX512 | BF16},
    {"Zen", AVX | AVX2 | FMA},
    {"Excavator", AVX | AVX2 | FMA},
    {"Steamroller", AVX | FMA | FMA4},
    {"Piledriver", AVX | FMA | FMA4},
    {"Bulldozer", AVX | FMA4},
    {"Dunnington", SSE41},
    {"Atom", SSSE3},
    {"Bobcat", SSSE3},
    {"Nano", SSE3},
    {"Barcelona", SSE3},
    {"Opteron_SSE3", SSE3 | AMD3DNOW},
    {"Opteron", AMD3DNOW},
    {"Athlon", AMD3DNOW},
    {"Banias", 0},
    {"Coppermine", 0},
    {"Katmai", 0},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static unsigned has(int supported, unsigned instructions) {
    return supported != 0 ? instructions : 0;
}

/* The compiler's question is about x86-64's successors only. */
static unsigned find_3dnow(void) {
    unsigned a, b, c, d;
    return has(__get_cpuid(0x80000001U, &a, &b, &c, &d) && (d & 1U << 31), AMD3DNOW);
}

static unsigned find_instructions(void) {
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    return has(__builtin_cpu_supports("sse3"), SSE3) | has(__builtin_cpu_supports("ssse3"), SSSE3) |
           has(__builtin_cpu_supports("sse4.1"), SSE41) |
           has(__builtin_cpu_supports("sse4.2"), SSE42) | has(__builtin_cpu_supports("fma"), FMA) |
           has(__builtin_cpu_supports("fma4"), FMA4) | has(__builtin_cpu_supports("avx"), AVX) |
           has(__builtin_cpu_supports("avx2"), AVX2) | has(wide, AVX512) |
           has(__builtin_cpu_supports("avx512bf16"), BF16) | find_3dnow();
}

iou_blas_core iou_blas_find_core(void) {
    const unsigned own = find_instructions();
    size_t best = 0, found = 0;
    iou_blas_core core = {.found = openblas_get_corename()};
    while ((kinds[best].needs & ~own) != 0) {
        best++; /* some need nothing */
    }
    while (found < KINDS && strcmp(kinds[found].name, core.found) != 0) {
        found++;
    }
    core.expected = kinds[best].name;
    if (found < KINDS) {
        core.lacks_instructions = (kinds[found].needs & ~own) != 0;
        core.too_narrow = (kinds[found].needs & WIDTHS) < (kinds[best].needs & WIDTHS);
    }
    return core;
}

#else

iou_blas_core iou_blas_find_core(void) {
    const char *core = openblas_get_corename();
    return (iou_blas_core){.found = core, .expected = core};
}

#endif

#else

const char *iou_blas_name(void) {
    return "none";
}

bool iou_blas_is_there(void) {
    return false;
}

void iou_blas_multiply(const iou_blas_product *product) {
    (void)product;
}

iou_blas_core iou_blas_find_core(void) {
    return (iou_blas_core){.found = "none", .expected = "none"};
}

#endif

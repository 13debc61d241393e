/* The loops of fold.h in plain C and vectors of doubles, which compilers make of what the
 * instruction set has. Gives FOLD_KERNELS(isa). */
#include "ops/reduce/fold.h"

#include <math.h>
#include <string.h>

/* Totals of one output are kept in as many parts, which are folded at the end. */
enum { FOLD_PARTS = 16 };

/* Several outputs, from `begin` on: the longer loop goes inside where its elements are neighbours.
 */
#define FOLD_OUTPUTS(member, number, expression)                                                   \
    for (size_t k = 0; k < job->elements; k++) {                                                   \
        const element *row = x + (int64_t)k * job->element_stride;                                 \
        if (job->output_stride == 1) {                                                             \
            for (size_t j = begin; j < job->outputs; j++) {                                        \
                const number v = (number)row[j], t = to->member[j];                                \
                to->member[j] = (expression);                                                      \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t j = begin; j < job->outputs; j++) {                                        \
                const number v = (number)row[(int64_t)j * job->output_stride], t = to->member[j];  \
                to->member[j] = (expression);                                                      \
            }                                                                                      \
        }                                                                                          \
    }

/* One output at a time, of neighbouring elements: parts side by side. */
#define FOLD_ROWS(member, number, nothing, expression, join)                                       \
    for (size_t j = begin; j < job->outputs; j++) {                                                \
        const element *row = x + (int64_t)j * job->output_stride;                                  \
        number parts[FOLD_PARTS];                                                                  \
        for (size_t i = 0; i < FOLD_PARTS; i++) {                                                  \
            parts[i] = (nothing);                                                                  \
        }                                                                                          \
        size_t k = 0;                                                                              \
        for (; k + FOLD_PARTS <= job->elements; k += FOLD_PARTS) {                                 \
            for (size_t i = 0; i < FOLD_PARTS; i++) {                                              \
                const number v = (number)row[k + i], t = parts[i];                                 \
                parts[i] = (expression);                                                           \
            }                                                                                      \
        }                                                                                          \
        for (size_t i = 0; k + i < job->elements; i++) {                                           \
            const number v = (number)row[k + i], t = parts[i];                                     \
            parts[i] = (expression);                                                               \
        }                                                                                          \
        for (size_t i = 0; i < FOLD_PARTS; i++) {                                                  \
            const number v = parts[i], t = to->member[j];                                          \
            to->member[j] = (join);                                                                \
        }                                                                                          \
    }

#define FOLD(member, number, nothing, expression, join)                                            \
    do {                                                                                           \
        if (job->element_stride == 1 && job->elements >= 2 * FOLD_PARTS) {                         \
            FOLD_ROWS(member, number, nothing, expression, join)                                   \
        } else {                                                                                   \
            FOLD_OUTPUTS(member, number, expression)                                               \
        }                                                                                          \
    } while (0)

#define FOLD_SAME(member, number, nothing, expression)                                             \
    FOLD(member, number, nothing, expression, expression)

/* ---- Sums of floats ------------------------------------------------------------------------- */

typedef float fold_floats __attribute__((vector_size(32)));
typedef double fold_doubles __attribute__((vector_size(64)));

/* Rows of FOLD_PARTS floats, `stride` apart, into as many totals. */
static inline void fold_sums(const float *x, size_t rows, int64_t stride, double *totals,
                             bool squares) {
    enum { HALF = FOLD_PARTS / 2 };
    fold_doubles low, high;
    memcpy(&low, totals, sizeof low);
    memcpy(&high, totals + HALF, sizeof high);
    for (size_t k = 0; k < rows; k++, x += stride) {
        fold_floats first, second;
        memcpy(&first, x, sizeof first);
        memcpy(&second, x + HALF, sizeof second);
        const fold_doubles u = __builtin_convertvector(first, fold_doubles);
        const fold_doubles v = __builtin_convertvector(second, fold_doubles);
        low += squares ? u * u : u;
        high += squares ? v * v : v;
    }
    memcpy(totals, &low, sizeof low);
    memcpy(totals + HALF, &high, sizeof high);
}

/* Does what lies in whole rows of FOLD_PARTS outputs; returns how many outputs. */
static size_t fold_whole_sums(const iou_fold_job *job, iou_fold_totals *to) {
    const float *x = job->in;
    const bool sums = job->how == IOU_FOLD_SUM || job->how == IOU_FOLD_SQUARES;
    size_t j = 0;
    for (; sums && job->output_stride == 1 && j + FOLD_PARTS <= job->outputs; j += FOLD_PARTS) {
        if (job->how == IOU_FOLD_SUM) {
            fold_sums(x + j, job->elements, job->element_stride, to->f + j, false);
        } else {
            fold_sums(x + j, job->elements, job->element_stride, to->f + j, true);
        }
    }
    return j;
}

/* ---- By type -------------------------------------------------------------------------------- */

#define FOLD_FLOATS(name, type)                                                                    \
    static void name##_from(const iou_fold_job *job, iou_fold_totals *to, size_t begin) {          \
        typedef type element;                                                                      \
        const element *x = job->in;                                                                \
        const double most = (double)INFINITY;                                                      \
        switch (job->how) {                                                                        \
        case IOU_FOLD_SUM: FOLD_SAME(f, double, 0.0, t + v); break;                                \
        case IOU_FOLD_PRODUCT: FOLD_SAME(f, double, 1.0, t *v); break;                             \
        case IOU_FOLD_MOST: FOLD_SAME(f, double, -most, v > t || v != v ? v : t); break;           \
        case IOU_FOLD_LEAST: FOLD_SAME(f, double, most, v < t || v != v ? v : t); break;           \
        case IOU_FOLD_SQUARES: FOLD(f, double, 0.0, t + v * v, t + v); break;                      \
        case IOU_FOLD_MAGNITUDES: FOLD(f, double, 0.0, t + fabs(v), t + v); break;                 \
        default: FOLD(f, double, 0.0, t + exp(v), t + v); break;                                   \
        }                                                                                          \
    }

#define U(x) ((uint64_t)(x))
#define FOLD_INTEGERS(name, type)                                                                  \
    static void name##_from(const iou_fold_job *job, iou_fold_totals *to, size_t begin) {          \
        typedef type element;                                                                      \
        typedef int64_t whole;                                                                     \
        const element *x = job->in;                                                                \
        switch (job->how) {                                                                        \
        case IOU_FOLD_SUM: FOLD_SAME(i, whole, 0, (whole)(U(t) + U(v))); break;                    \
        case IOU_FOLD_PRODUCT: FOLD_SAME(i, whole, 1, (whole)(U(t) * U(v))); break;                \
        case IOU_FOLD_MOST: FOLD_SAME(i, whole, INT64_MIN, v > t ? v : t); break;                  \
        case IOU_FOLD_LEAST: FOLD_SAME(i, whole, INT64_MAX, v < t ? v : t); break;                 \
        case IOU_FOLD_SQUARES:                                                                     \
            FOLD(i, whole, 0, (whole)(U(t) + U(v) * U(v)), (whole)(U(t) + U(v)));                  \
            break;                                                                                 \
        default:                                                                                   \
            FOLD(i, whole, 0, (whole)(U(t) + (v < 0 ? 0 - U(v) : U(v))), (whole)(U(t) + U(v)));    \
            break;                                                                                 \
        }                                                                                          \
    }

/* Where a sign would be in the way. */
static void fold_u64_from(const iou_fold_job *job, iou_fold_totals *to, size_t begin) {
    typedef uint64_t element;
    const element *x = job->in;
    switch (job->how) {
    case IOU_FOLD_PRODUCT: FOLD_SAME(u, element, 1, t * v); break;
    case IOU_FOLD_MOST: FOLD_SAME(u, element, 0, v > t ? v : t); break;
    case IOU_FOLD_LEAST: FOLD_SAME(u, element, UINT64_MAX, v < t ? v : t); break;
    case IOU_FOLD_SQUARES: FOLD(u, element, 0, t + v * v, t + v); break;
    default: FOLD_SAME(u, element, 0, t + v); break;
    }
}

#define FOLD_ALL(name)                                                                             \
    static void name(const iou_fold_job *job, iou_fold_totals *to) {                               \
        name##_from(job, to, 0);                                                                   \
    }

FOLD_FLOATS(fold_f32, float)
FOLD_FLOATS(fold_f64, double)
FOLD_INTEGERS(fold_i8, int8_t)
FOLD_INTEGERS(fold_u8, uint8_t)
FOLD_INTEGERS(fold_i32, int32_t)
FOLD_INTEGERS(fold_i64, int64_t)

FOLD_ALL(fold_f64)
FOLD_ALL(fold_i8)
FOLD_ALL(fold_u8)
FOLD_ALL(fold_i32)
FOLD_ALL(fold_i64)
FOLD_ALL(fold_u64)

static void fold_f32(const iou_fold_job *job, iou_fold_totals *to) {
    fold_f32_from(job, to, fold_whole_sums(job, to));
}

#define FOLD_KERNELS(isa)                                                                          \
    { (isa), fold_f32, fold_f64, fold_i8, fold_u8, fold_i32, fold_i64, fold_u64 }

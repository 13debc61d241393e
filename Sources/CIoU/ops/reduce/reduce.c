/* ReduceSum, ReduceMean, ReduceMax, …: one table, one line a function. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

typedef enum reduction { SUM, PRODUCT, MOST, LEAST, SQUARES, MAGNITUDES, EXPONENTIALS } reduction;
typedef enum ending { AS_IS, MEAN, ROOT, LOGARITHM } ending;

typedef struct reduce_op {
    const char *name;
    reduction reduction;
    ending ending;
    int axes_input; /* the opset since which axes are an input */
} reduce_op;

static const reduce_op reduce_ops[] = {
    {"ReduceL1", MAGNITUDES, AS_IS, 18},  {"ReduceL2", SQUARES, ROOT, 18},
    {"ReduceLogSum", SUM, LOGARITHM, 18}, {"ReduceLogSumExp", EXPONENTIALS, LOGARITHM, 18},
    {"ReduceMax", MOST, AS_IS, 18},       {"ReduceMean", SUM, MEAN, 18},
    {"ReduceMin", LEAST, AS_IS, 18},      {"ReduceProd", PRODUCT, AS_IS, 18},
    {"ReduceSum", SUM, AS_IS, 13},        {"ReduceSumSquare", SQUARES, AS_IS, 18},
};

static const reduce_op *reduce_find(const iou_op *op) {
    for (size_t i = 0; i < sizeof reduce_ops / sizeof reduce_ops[0]; i++) {
        if (strcmp(reduce_ops[i].name, op->name) == 0) {
            return &reduce_ops[i];
        }
    }
    return &reduce_ops[0]; /* registration and table agree, so this is not reached */
}

typedef struct reduce_attributes {
    const reduce_op *op;
    bool axes_input; /* axes are an input, not an attribute */
    iou_ints axes;
    bool keep; /* reduced dimensions, as 1 */
    bool noop; /* where there are no axes */
} reduce_attributes;

static iou_status reduce_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    reduce_attributes *a = parse->attributes;
    a->op = reduce_find(node->op);
    a->axes_input = node->opset >= a->op->axes_input;
    iou_ints_from_attribute(&a->axes, node, "axes");
    a->keep = iou_attribute_int(node, "keepdims", 1) != 0;
    a->noop = iou_attribute_int(node, "noop_with_empty_axes", 0) != 0;
    return IOU_OK;
}

static const iou_type numbers[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, 0};
static const iou_type extremes[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64,
                                    IOU_INT8,  IOU_UINT8,  IOU_BOOL,  0};

/* ---- Infer --------------------------------------------------------------------------------- */

/* Marks the axes to reduce; none given means all, or with noop_with_empty_axes none. */
static bool mark_axes(const iou_ints *axes, bool noop, int rank, bool marked[IOU_MAX_RANK]) {
    const bool all = axes->count == 0 && !noop;
    memset(marked, 0, IOU_MAX_RANK * sizeof marked[0]);
    for (int i = 0; i < rank; i++) {
        marked[i] = all;
    }
    for (int i = 0; i < axes->count && i < IOU_MAX_ELEMENTS; i++) {
        const int64_t axis = axes->values[i] < 0 ? axes->values[i] + rank : axes->values[i];
        if (axis < 0 || axis >= rank) {
            return false;
        }
        marked[axis] = true;
    }
    return true;
}

/* The product or sum of a known vector, for shape arithmetic. */
static iou_status reduce_value(const iou_infer *infer, iou_fact *out, const reduce_op *op) {
    const iou_fact *x = infer->in[0];
    const int count = iou_fact_value_count(x);
    size_t left;
    if (count < 1 || x->rank != 1 || !iou_fact_count(out, &left) || left != 1 ||
        (op->reduction != PRODUCT && op->reduction != SUM) || op->ending != AS_IS) {
        return IOU_OK;
    }
    iou_dim result = iou_dim_number(op->reduction == PRODUCT ? 1 : 0);
    for (int i = 0; i < count; i++) {
        const iou_dim value = iou_fact_value(x, i);
        if (op->reduction == PRODUCT) {
            result = iou_infer_mul(infer, result, value);
        } else if (value.known) {
            result = iou_infer_add(infer, result, value.value);
        } else {
            result = result.known ? iou_infer_add(infer, value, result.value) : iou_dim_unknown();
        }
    }
    if (result.known && !iou_type_holds(x->type, result.value)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, 1);
    if (elements != NULL) {
        *elements = result;
    }
    return IOU_OK;
}

static iou_status reduce_infer(const iou_infer *infer) {
    const reduce_attributes *a = infer->node->attributes;
    const reduce_op *op = a->op;
    const bool picks = op->reduction == MOST || op->reduction == LEAST;
    iou_ints axes;
    bool marked[IOU_MAX_RANK];
    IOU_TRY(iou_fact_begin(infer, 1, a->axes_input ? 2 : 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, picks ? extremes : numbers));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    if (a->axes_input) {
        iou_ints_from_fact(&axes, iou_fact_in(infer, 1));
    } else {
        axes = a->axes;
    }
    if (x->rank < 0 || (axes.state == IOU_INTS_UNKNOWN && !a->keep)) {
        return IOU_OK;
    }
    if (axes.state != IOU_INTS_UNKNOWN && !mark_axes(&axes, a->noop, x->rank, marked)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axes must be in %d…%d", -x->rank, x->rank - 1);
    }
    out->rank = 0;
    for (int i = 0; i < x->rank; i++) {
        if (axes.state == IOU_INTS_UNKNOWN) {
            out->dims[out->rank++] = iou_dim_unknown();
        } else if (!marked[i] || a->keep) {
            out->dims[out->rank++] = marked[i] ? iou_dim_number(1) : x->dims[i];
        }
    }
    return axes.state == IOU_INTS_UNKNOWN ? IOU_OK : reduce_value(infer, out, op);
}

/* ---- Run ----------------------------------------------------------------------------------- */

enum { BLOCK = 256 }; /* outputs in flight */

typedef struct reduce_params {
    const reduce_op *op;
    iou_type type;
    iou_iterator kept, reduced; /* both with strides of the input */
} reduce_params;

typedef union totals {
    double f[BLOCK];
    int64_t i[BLOCK];
} totals;

static bool is_floating(iou_type type) {
    return type == IOU_FLOAT || type == IOU_DOUBLE;
}

/* Folds m elements (r apart) into each of n totals (s apart); the longer loop goes inside. */
#define FOLD(member, expression)                                                                   \
    do {                                                                                           \
        if (n == 1) {                                                                              \
            for (int64_t k = 0; k < m; k++) {                                                      \
                const double_or_int v = x[k * r];                                                  \
                double_or_int t = to->member[0];                                                   \
                to->member[0] = (expression);                                                      \
                (void)t;                                                                           \
            }                                                                                      \
        } else {                                                                                   \
            for (int64_t k = 0; k < m; k++) {                                                      \
                for (int64_t i = 0; i < n; i++) {                                                  \
                    const double_or_int v = x[k * r + i * s];                                      \
                    double_or_int t = to->member[i];                                               \
                    to->member[i] = (expression);                                                  \
                    (void)t;                                                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    } while (0)

#define FOLD_FLOATS(name, type)                                                                    \
    static void name(reduction how, const void *in, totals *to, int64_t n, int64_t s, int64_t m,   \
                     int64_t r) {                                                                  \
        typedef double double_or_int;                                                              \
        const type *x = in;                                                                        \
        switch (how) {                                                                             \
        case SUM: FOLD(f, t + v); break;                                                           \
        case PRODUCT: FOLD(f, t *v); break;                                                        \
        case MOST: FOLD(f, v > t || v != v ? v : t); break;                                        \
        case LEAST: FOLD(f, v < t || v != v ? v : t); break;                                       \
        case SQUARES: FOLD(f, t + v * v); break;                                                   \
        case MAGNITUDES: FOLD(f, t + fabs(v)); break;                                              \
        default: FOLD(f, t + exp(v)); break;                                                       \
        }                                                                                          \
    }

/* Integers wrap. */
#define U(x) ((uint64_t)(x))
#define FOLD_INTEGERS(name, type)                                                                  \
    static void name(reduction how, const void *in, totals *to, int64_t n, int64_t s, int64_t m,   \
                     int64_t r) {                                                                  \
        typedef int64_t double_or_int;                                                             \
        const type *x = in;                                                                        \
        switch (how) {                                                                             \
        case SUM: FOLD(i, (int64_t)(U(t) + U(v))); break;                                          \
        case PRODUCT: FOLD(i, (int64_t)(U(t) * U(v))); break;                                      \
        case MOST: FOLD(i, v > t ? v : t); break;                                                  \
        case LEAST: FOLD(i, v < t ? v : t); break;                                                 \
        case SQUARES: FOLD(i, (int64_t)(U(t) + U(v) * U(v))); break;                               \
        default: FOLD(i, (int64_t)(U(t) + (v < 0 ? 0 - U(v) : U(v)))); break;                      \
        }                                                                                          \
    }

FOLD_FLOATS(fold_f32, float)
FOLD_FLOATS(fold_f64, double)
FOLD_INTEGERS(fold_i32, int32_t)
FOLD_INTEGERS(fold_i64, int64_t)
FOLD_INTEGERS(fold_i8, int8_t)
FOLD_INTEGERS(fold_u8, uint8_t)

static void fold(const reduce_params *p, const char *in, totals *to, int64_t n, int64_t s,
                 int64_t m, int64_t r) {
    const reduction how = p->op->reduction;
    switch (p->type) {
    case IOU_FLOAT: fold_f32(how, in, to, n, s, m, r); break;
    case IOU_DOUBLE: fold_f64(how, in, to, n, s, m, r); break;
    case IOU_INT32: fold_i32(how, in, to, n, s, m, r); break;
    case IOU_INT64: fold_i64(how, in, to, n, s, m, r); break;
    case IOU_INT8: fold_i8(how, in, to, n, s, m, r); break;
    default: fold_u8(how, in, to, n, s, m, r); break;
    }
}

static int64_t lowest(iou_type type) {
    return type == IOU_INT8    ? INT8_MIN
           : type == IOU_INT32 ? INT32_MIN
           : type == IOU_INT64 ? INT64_MIN
                               : 0;
}

static int64_t highest(iou_type type) {
    return type == IOU_INT8    ? INT8_MAX
           : type == IOU_UINT8 ? UINT8_MAX
           : type == IOU_BOOL  ? 1
           : type == IOU_INT32 ? INT32_MAX
                               : INT64_MAX;
}

static void begin_totals(const reduce_params *p, totals *to, int64_t n) {
    const reduction how = p->op->reduction;
    for (int64_t i = 0; i < n; i++) {
        if (is_floating(p->type)) {
            to->f[i] = how == PRODUCT ? 1.0
                       : how == MOST  ? -(double)INFINITY
                       : how == LEAST ? (double)INFINITY
                                      : 0.0;
        } else {
            to->i[i] = how == PRODUCT ? 1
                       : how == MOST  ? lowest(p->type)
                       : how == LEAST ? highest(p->type)
                                      : 0;
        }
    }
}

static double finish_float(const reduce_params *p, double total) {
    switch (p->op->ending) {
    case MEAN: return total / (double)p->reduced.count;
    case ROOT: return sqrt(total);
    case LOGARITHM: return log(total);
    default: return total;
    }
}

static int64_t finish_integer(const reduce_params *p, int64_t total) {
    const int64_t count = (int64_t)p->reduced.count;
    switch (p->op->ending) {
    case MEAN: return count > 0 ? total / count : 0;
    case ROOT: return total > 0 ? (int64_t)sqrt((double)total) : 0; /* squares may wrap */
    case LOGARITHM: return total > 0 ? (int64_t)log((double)total) : 0;
    default: return total;
    }
}

static void store(const reduce_params *p, const totals *from, char *out, size_t at, int64_t n) {
    for (size_t i = 0; i < (size_t)n; i++) {
        const double f = is_floating(p->type) ? finish_float(p, from->f[i]) : 0.0;
        const int64_t whole = is_floating(p->type) ? 0 : finish_integer(p, from->i[i]);
        switch (p->type) {
        case IOU_FLOAT: ((float *)(void *)out)[at + i] = (float)f; break;
        case IOU_DOUBLE: ((double *)(void *)out)[at + i] = f; break;
        case IOU_INT32: ((int32_t *)(void *)out)[at + i] = (int32_t)whole; break;
        case IOU_INT64: ((int64_t *)(void *)out)[at + i] = whole; break;
        default: out[at + i] = (char)whole; break;
        }
    }
}

static iou_status reduce_run(const iou_call *call, size_t task) {
    const reduce_params *p = call->params;
    const int64_t size = (int64_t)iou_type_size(p->type);
    const int64_t s = iou_iterator_step(&p->kept, 0), r = iou_iterator_step(&p->reduced, 0);
    size_t at = task * BLOCK;
    const size_t end = p->kept.count - at < BLOCK ? p->kept.count : at + BLOCK;
    while (at < end) {
        int64_t outer[IOU_ITERATOR_OPERANDS], inner[IOU_ITERATOR_OPERANDS];
        totals sums;
        const size_t n = iou_iterator_seek(&p->kept, at, end, outer);
        begin_totals(p, &sums, (int64_t)n);
        for (size_t k = 0; k < p->reduced.count;) {
            const size_t m = iou_iterator_seek(&p->reduced, k, p->reduced.count, inner);
            fold(p, (const char *)call->in[0] + (outer[0] + inner[0]) * size, &sums, (int64_t)n, s,
                 (int64_t)m, r);
            k += m;
        }
        store(p, &sums, call->out[0], at, (int64_t)n);
        at += n;
    }
    return IOU_OK;
}

static iou_status reduce_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    iou_ints axes;
    bool marked[IOU_MAX_RANK];
    int64_t strides[IOU_MAX_RANK];
    reduce_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const reduce_attributes *a = prepare->node->attributes;
    p->op = a->op;
    p->type = x->type;
    if (a->axes_input) {
        iou_ints_from_operand(&axes, iou_operand_in(prepare, 1));
    } else {
        axes = a->axes;
    }
    if (axes.state == IOU_INTS_UNKNOWN) {
        return iou_prepare_unknown(prepare, "axes");
    }
    (void)mark_axes(&axes, a->noop, x->rank, marked);
    iou_memory_strides(x, strides);
    p->kept.operands = p->reduced.operands = 1;
    for (int i = 0; i < x->rank; i++) {
        iou_iterator *iterator = marked[i] ? &p->reduced : &p->kept;
        iterator->dims[iterator->rank] = x->dims[i];
        iterator->strides[0][iterator->rank++] = strides[i];
    }
    iou_iterator_finish(&p->kept);
    iou_iterator_finish(&p->reduced);
    *prepare->step =
        (iou_step){.run = reduce_run,
                   .params = p,
                   .task_count = p->kept.count == 0 ? 1 : (p->kept.count - 1) / BLOCK + 1,
                   .algorithm = "reduce",
                   .isa = "scalar"};
    return IOU_OK;
}

#define REDUCE_OP(type, symbol)                                                                    \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .attributes_size = sizeof(reduce_attributes),                  \
                                    .parse = reduce_parse,                                         \
                                    .infer = reduce_infer,                                         \
                                    .prepare = reduce_prepare};

REDUCE_OP("ReduceL1", reduce_l1)
REDUCE_OP("ReduceL2", reduce_l2)
REDUCE_OP("ReduceLogSum", reduce_log_sum)
REDUCE_OP("ReduceLogSumExp", reduce_log_sum_exp)
REDUCE_OP("ReduceMax", reduce_max)
REDUCE_OP("ReduceMean", reduce_mean)
REDUCE_OP("ReduceMin", reduce_min)
REDUCE_OP("ReduceProd", reduce_prod)
REDUCE_OP("ReduceSum", reduce_sum)
REDUCE_OP("ReduceSumSquare", reduce_sum_square)

/* ReduceSum, ReduceMean, ReduceMax, …: one table, one line a function. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/reduce/fold.h"
#include "ops/reduce/stacked_sum.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

typedef enum ending { AS_IS, MEAN, ROOT, LOGARITHM } ending;

typedef struct reduce_op {
    const char *name;
    iou_reduction reduction;
    ending ending;
    int axes_input; /* the opset since which axes are an input */
} reduce_op;

static const reduce_op reduce_ops[] = {
    {"ReduceL1", IOU_FOLD_MAGNITUDES, AS_IS, 18},
    {"ReduceL2", IOU_FOLD_SQUARES, ROOT, 18},
    {"ReduceLogSum", IOU_FOLD_SUM, LOGARITHM, 18},
    {"ReduceLogSumExp", IOU_FOLD_EXPONENTIALS, LOGARITHM, 18},
    {"ReduceMax", IOU_FOLD_MOST, AS_IS, 18},
    {"ReduceMean", IOU_FOLD_SUM, MEAN, 18},
    {"ReduceMin", IOU_FOLD_LEAST, AS_IS, 18},
    {"ReduceProd", IOU_FOLD_PRODUCT, AS_IS, 18},
    {"ReduceSum", IOU_FOLD_SUM, AS_IS, 13},
    {"ReduceSumSquare", IOU_FOLD_SQUARES, AS_IS, 18},
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

static const iou_type numbers[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, IOU_UINT64, 0};
static const iou_type extremes[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, IOU_UINT64,
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
        (op->reduction != IOU_FOLD_PRODUCT && op->reduction != IOU_FOLD_SUM) ||
        op->ending != AS_IS) {
        return IOU_OK;
    }
    iou_dim result = iou_dim_number(op->reduction == IOU_FOLD_PRODUCT ? 1 : 0);
    for (int i = 0; i < count; i++) {
        const iou_dim value = iou_fact_value(x, i);
        if (op->reduction == IOU_FOLD_PRODUCT) {
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
    const bool picks = op->reduction == IOU_FOLD_MOST || op->reduction == IOU_FOLD_LEAST;
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

enum {
    WORK = 32768, /* elements of a task, if there are several outputs */
    CHUNK = 4096  /* elements that are folded together: the first cache holds them */
};

typedef struct reduce_params {
    const reduce_op *op;
    iou_type type;
    iou_fold fold;
    size_t block;               /* outputs of a task */
    iou_iterator kept, reduced; /* both with strides of the input */
} reduce_params;

static bool is_floating(iou_type type) {
    return type == IOU_FLOAT || type == IOU_DOUBLE;
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
           : type == IOU_INT64 ? INT64_MAX
                               : -1; /* all bits, of uint64 */
}

static void begin_totals(const reduce_params *p, iou_fold_totals *to, int64_t n) {
    const iou_reduction how = p->op->reduction;
    for (int64_t i = 0; i < n; i++) {
        if (is_floating(p->type)) {
            to->f[i] = how == IOU_FOLD_PRODUCT ? 1.0
                       : how == IOU_FOLD_MOST  ? -(double)INFINITY
                       : how == IOU_FOLD_LEAST ? (double)INFINITY
                                               : 0.0;
        } else {
            to->i[i] = how == IOU_FOLD_PRODUCT ? 1
                       : how == IOU_FOLD_MOST  ? lowest(p->type)
                       : how == IOU_FOLD_LEAST ? highest(p->type)
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

static uint64_t finish_unsigned(const reduce_params *p, uint64_t total) {
    const size_t count = p->reduced.count;
    switch (p->op->ending) {
    case MEAN: return count > 0 ? total / count : 0;
    case ROOT: return (uint64_t)sqrt((double)total);
    case LOGARITHM: return total > 0 ? (uint64_t)log((double)total) : 0;
    default: return total;
    }
}

static void store(const reduce_params *p, const iou_fold_totals *from, char *out, size_t at,
                  int64_t n) {
    for (size_t i = 0; i < (size_t)n; i++) {
        const double f = is_floating(p->type) ? finish_float(p, from->f[i]) : 0.0;
        const bool whole_type = !is_floating(p->type) && p->type != IOU_UINT64;
        const int64_t whole = whole_type ? finish_integer(p, from->i[i]) : 0;
        switch (p->type) {
        case IOU_FLOAT: ((float *)(void *)out)[at + i] = (float)f; break;
        case IOU_DOUBLE: ((double *)(void *)out)[at + i] = f; break;
        case IOU_INT32: ((int32_t *)(void *)out)[at + i] = (int32_t)whole; break;
        case IOU_INT64: ((int64_t *)(void *)out)[at + i] = whole; break;
        case IOU_UINT64: ((uint64_t *)(void *)out)[at + i] = finish_unsigned(p, from->u[i]); break;
        default: out[at + i] = (char)whole; break;
        }
    }
}

static iou_status reduce_run(const iou_call *call, size_t task) {
    const reduce_params *p = call->params;
    const size_t size = iou_type_size(p->type);
    size_t at = task * p->block;
    const size_t end = iou_size_min(at + p->block, p->kept.count);
    while (at < end) {
        int64_t outer[IOU_ITERATOR_OPERANDS], inner[IOU_ITERATOR_OPERANDS];
        iou_fold_totals sums;
        const size_t n = iou_iterator_seek(&p->kept, at, end, outer);
        const bool side_by_side = n > 1 && iou_iterator_step(&p->kept, 0) == 1;
        begin_totals(p, &sums, (int64_t)n);
        for (size_t k = 0; k < p->reduced.count;) {
            const size_t last =
                side_by_side ? iou_size_min(k + CHUNK / n, p->reduced.count) : p->reduced.count;
            const size_t m = iou_iterator_seek(&p->reduced, k, last, inner);
            p->fold(&(iou_fold_job){.how = p->op->reduction,
                                    .in = (const char *)call->in[0] +
                                          (outer[0] + inner[0]) * (int64_t)size,
                                    .outputs = n,
                                    .output_stride = iou_iterator_step(&p->kept, 0),
                                    .elements = m,
                                    .element_stride = iou_iterator_step(&p->reduced, 0)},
                    &sums);
            k += m;
        }
        store(p, &sums, call->out[0], at, (int64_t)n);
        at += n;
    }
    return IOU_OK;
}

/* ---- The step ------------------------------------------------------------------------------- */

/* Exporters stack values along a new last dimension to add them up (EfficientDet's pyramid). */
static bool reduce_fuses_producer(const iou_node *node, const iou_node *producer, bool longer) {
    const reduce_attributes *a = node->attributes;
    return a->op->reduction == IOU_FOLD_SUM && a->op->ending == AS_IS && !longer &&
           iou_stacked_sum_takes(producer);
}

static iou_status reduce_fuse_producer(const iou_prepare *prepare, const iou_step *inner,
                                       bool *fused) {
    const reduce_params *p = prepare->step->params;
    const size_t stacked = p->reduced.count;
    *fused = p->type == IOU_FLOAT && stacked > 0 && p->kept.count > 0 && p->reduced.rank == 1 &&
             p->reduced.strides[0][0] == 1 && p->kept.rank == 1 &&
             iou_iterator_step(&p->kept, 0) == (int64_t)stacked;
    return *fused ? iou_stacked_sum_fuse(prepare, inner, stacked, p->kept.count, fused) : IOU_OK;
}

/* Fewer outputs a task where each is the fold of many; of a cache line at least. Those that lie
 * side by side are read together, as far as all threads have some. */
static size_t choose_block(const reduce_params *p, size_t threads) {
    enum { LINE = 16 };
    const int64_t row = p->kept.dims[p->kept.rank - 1];
    const size_t least = iou_iterator_step(&p->kept, 0) == 1 ? (size_t)row / threads : 0;
    const size_t block = iou_size_max(WORK / iou_size_max(p->reduced.count, 1), least);
    return iou_size_max(LINE, iou_size_min(block / LINE * LINE, IOU_FOLD_OUTPUTS));
}

static iou_status reduce_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    iou_ints axes;
    bool marked[IOU_MAX_RANK];
    int64_t strides[IOU_MAX_RANK];
    int order[IOU_MAX_RANK];
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
    /* Both in the order of memory: outputs follow the layout of the input or are of lower rank. */
    iou_memory_order(x->rank, prepare->out[0].rank == x->rank ? prepare->out[0].layout : IOU_PLAIN,
                     order);
    p->kept.operands = p->reduced.operands = 1;
    for (int i = 0; i < x->rank; i++) {
        iou_iterator *iterator = marked[order[i]] ? &p->reduced : &p->kept;
        iterator->dims[iterator->rank] = x->dims[order[i]];
        iterator->strides[0][iterator->rank++] = strides[order[i]];
    }
    iou_iterator_finish(&p->kept);
    iou_iterator_finish(&p->reduced);
    const iou_fold_kernels *kernels = iou_fold_choose(prepare->isa);
    p->fold = iou_fold_of(kernels, p->type);
    p->block = choose_block(p, prepare->threads);
    *prepare->step =
        (iou_step){.run = reduce_run,
                   .params = p,
                   .task_count = iou_size_max(1, iou_divide_up(p->kept.count, p->block)),
                   .fuse_producer = reduce_fuse_producer,
                   .algorithm = "reduce",
                   .isa = iou_isa_name(kernels->isa)};
    return IOU_OK;
}

#define REDUCE_OP(type, symbol, types)                                                             \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .widens = (types) | IOU_WIDENS_MIXED, /* axes are int64 */     \
                                    .layout = IOU_LAYOUT_FOLLOWS,                                  \
                                    .attributes_size = sizeof(reduce_attributes),                  \
                                    .parse = reduce_parse,                                         \
                                    .infer = reduce_infer,                                         \
                                    .prepare = reduce_prepare,                                     \
                                    .fuses_producer = reduce_fuses_producer};

REDUCE_OP("ReduceL1", reduce_l1, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceL2", reduce_l2, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceLogSum", reduce_log_sum, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceLogSumExp", reduce_log_sum_exp, IOU_WIDENS_FLOATS | IOU_WIDENS_WHOLE)
REDUCE_OP("ReduceMax", reduce_max, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceMean", reduce_mean, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceMin", reduce_min, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceProd", reduce_prod, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceSum", reduce_sum, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)
REDUCE_OP("ReduceSumSquare", reduce_sum_square, IOU_WIDENS_FLOATS | IOU_WIDENS_UINT32)

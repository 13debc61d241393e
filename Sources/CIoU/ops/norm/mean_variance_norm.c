/* MeanVarianceNormalization: (x - mean) / (standard deviation + 1e-9) over given axes. */
#include "ops/facts.h"
#include "ops/rows.h"
#include "ops/strided_iterator.h"

#include <math.h>

typedef struct mvn_params {
    iou_type type;
    iou_iterator kept, reduced; /* of the input, which the output equals in shape */
    iou_rows rows;
} mvn_params;

typedef struct mvn_attributes {
    const int64_t *axes;
    size_t count;
} mvn_attributes;

static iou_status mvn_parse(const iou_parse *parse) {
    static const int64_t usual[] = {0, 2, 3};
    mvn_attributes *a = parse->attributes;
    a->axes = iou_attribute_ints(parse->node, "axes", &a->count);
    if (!iou_attribute_present(parse->node, "axes")) {
        *a = (mvn_attributes){usual, sizeof usual / sizeof usual[0]};
    }
    return IOU_OK;
}

static iou_status mvn_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    iou_fact_like(&infer->out[0], x);
    const mvn_attributes *a = infer->node->attributes;
    for (size_t i = 0; i < a->count && x->rank >= 0; i++) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, a->axes[i], x->rank, &axis));
    }
    return IOU_OK;
}

/* Calls `each` for every element that shares a mean; `i` is where it is. */
#define FOR_EACH(iterator, base, each)                                                             \
    for (size_t at = 0; at < (iterator)->count;) {                                                 \
        int64_t offsets[IOU_ITERATOR_OPERANDS];                                                    \
        const size_t n = iou_iterator_seek(iterator, at, (iterator)->count, offsets);              \
        for (size_t k = 0; k < n; k++) {                                                           \
            const int64_t i = (base) + offsets[0] + (int64_t)k * iou_iterator_step(iterator, 0);   \
            each;                                                                                  \
        }                                                                                          \
        at += n;                                                                                   \
    }

#define NORMALIZE(name, type)                                                                      \
    static void name(const mvn_params *p, const void *in, void *out, int64_t base) {               \
        const type *x = in;                                                                        \
        type *y = out;                                                                             \
        double sum = 0.0, squares = 0.0;                                                           \
        FOR_EACH(&p->reduced, base, sum += (double)x[i])                                           \
        const double mean = sum / (double)p->reduced.count;                                        \
        FOR_EACH(&p->reduced, base, squares += ((double)x[i] - mean) * ((double)x[i] - mean))      \
        const double deviation = sqrt(squares / (double)p->reduced.count) + 1e-9;                  \
        FOR_EACH(&p->reduced, base, y[i] = (type)(((double)x[i] - mean) / deviation))              \
    }

NORMALIZE(normalize_f32, float)
NORMALIZE(normalize_f64, double)

static iou_status mvn_run(const iou_call *call, size_t task) {
    const mvn_params *p = call->params;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        (void)iou_iterator_seek(&p->kept, row, row + 1, offsets);
        (p->type == IOU_FLOAT ? normalize_f32 : normalize_f64)(p, call->in[0], call->out[0],
                                                               offsets[0]);
    }
    return IOU_OK;
}

static iou_status mvn_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    int64_t strides[IOU_MAX_RANK];
    bool reduced[IOU_MAX_RANK] = {false};
    mvn_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const mvn_attributes *a = prepare->node->attributes;
    for (size_t i = 0; i < a->count; i++) {
        reduced[a->axes[i] < 0 ? a->axes[i] + x->rank : a->axes[i]] = true;
    }
    iou_memory_strides(x, strides);
    p->type = x->type;
    p->kept.operands = p->reduced.operands = 1;
    for (int i = 0; i < x->rank; i++) {
        iou_iterator *iterator = reduced[i] ? &p->reduced : &p->kept;
        iterator->dims[iterator->rank] = x->dims[i];
        iterator->strides[0][iterator->rank++] = strides[i];
    }
    iou_iterator_finish(&p->kept);
    iou_iterator_finish(&p->reduced);
    p->rows = iou_rows_of(p->kept.count, p->reduced.count);
    *prepare->step = (iou_step){.run = mvn_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .in_place = 1,
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_mean_variance_normalization = {.name = "MeanVarianceNormalization",
                                                   .widens = IOU_WIDENS_FLOATS,
                                                   .attributes_size = sizeof(mvn_attributes),
                                                   .parse = mvn_parse,
                                                   .infer = mvn_infer,
                                                   .prepare = mvn_prepare};

/* Softmax and LogSoftmax. Before opset 13 the dimensions from `axis` on are taken as one. */
#include "ops/facts.h"
#include "ops/norm/flat_axis.h"

#include <math.h>

typedef struct softmax_params {
    size_t outer, extent, inner;
    size_t rows_per_task; /* of outer */
    bool logarithm;
} softmax_params;

static iou_status softmax_parse(const iou_parse *parse) {
    iou_flat_axis_parse(parse, parse->attributes);
    return IOU_OK;
}

static iou_status softmax_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_f32));
    const iou_fact *x = infer->in[0];
    iou_fact_like(&infer->out[0], x);
    if (x->rank > 0) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, iou_flat_axis_of(infer->node->attributes, x->rank), x->rank,
                              &axis));
    }
    return IOU_OK;
}

/* One vector whose elements are `stride` apart. */
static void softmax_vector(const float *x, float *y, size_t n, size_t stride, bool logarithm) {
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        most = x[i * stride] > most ? x[i * stride] : most;
    }
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const float e = expf(x[i * stride] - most);
        sum += (double)e;
        y[i * stride] = logarithm ? x[i * stride] - most : e;
    }
    const float factor = logarithm ? (float)log(sum) : (float)(1.0 / sum);
    for (size_t i = 0; i < n; i++) {
        y[i * stride] = logarithm ? y[i * stride] - factor : y[i * stride] * factor;
    }
}

static iou_status softmax_run(const iou_call *call, size_t task) {
    const softmax_params *p = call->params;
    const size_t first = task * p->rows_per_task, left = p->outer - first;
    const size_t end = left < p->rows_per_task ? p->outer : first + p->rows_per_task;
    for (size_t row = first; row < end; row++) {
        for (size_t i = 0; i < p->inner && p->extent > 0; i++) {
            const size_t at = row * p->extent * p->inner + i;
            softmax_vector((const float *)call->in[0] + at, (float *)call->out[0] + at, p->extent,
                           p->inner, p->logarithm);
        }
    }
    return IOU_OK;
}

static iou_status softmax_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    softmax_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_flat_axis *a = prepare->node->attributes;
    const int64_t given = iou_flat_axis_of(a, x->rank);
    const int axis = (int)(given < 0 ? given + x->rank : given);
    p->outer = p->extent = p->inner = 1;
    for (int i = 0; i < x->rank; i++) {
        p->outer *= i < axis ? (size_t)x->dims[i] : 1;
        p->extent *= i == axis || (a->flat && i > axis) ? (size_t)x->dims[i] : 1;
        p->inner *= !a->flat && i > axis ? (size_t)x->dims[i] : 1;
    }
    const size_t row = p->extent * p->inner;
    p->rows_per_task = row == 0 || row > 8192 ? 1 : 8192 / row;
    p->logarithm = prepare->node->op == &iou_op_log_softmax;
    *prepare->step =
        (iou_step){.run = softmax_run,
                   .params = p,
                   .task_count = p->outer == 0 ? 1 : (p->outer - 1) / p->rows_per_task + 1,
                   .in_place = 1,
                   .algorithm = "rows",
                   .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_softmax = {.name = "Softmax",
                               .attributes_size = sizeof(iou_flat_axis),
                               .parse = softmax_parse,
                               .infer = softmax_infer,
                               .prepare = softmax_prepare};
const iou_op iou_op_log_softmax = {.name = "LogSoftmax",
                                   .attributes_size = sizeof(iou_flat_axis),
                                   .parse = softmax_parse,
                                   .infer = softmax_infer,
                                   .prepare = softmax_prepare};

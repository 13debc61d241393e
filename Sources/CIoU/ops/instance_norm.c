/* InstanceNormalization: y = (x - mean) / sqrt(variance + epsilon) * scale + bias, with the
 * statistics of each channel of each picture. */
#include "ops/facts.h"

#include <math.h>

enum { SCALE = 1, BIAS = 2 };

typedef struct instance_norm_params {
    size_t rows, channels, pixels; /* rows: pictures * channels */
    float epsilon;
} instance_norm_params;

static iou_status instance_norm_infer(const iou_infer *infer) {
    static const char *const names[] = {"scale", "bias"};
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_f32));
    const iou_fact *x = infer->in[0];
    if (x->rank >= 0 && x->rank < 3) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input must have rank 3 or more, it has %d",
                              x->rank);
    }
    for (int i = SCALE; i <= BIAS; i++) {
        const iou_fact *vector = infer->in[i];
        IOU_TRY(iou_infer_type(infer, i, iou_types_f32));
        if (vector->rank >= 0 && vector->rank != 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "%s must be a vector, its rank is %d",
                                  names[i - SCALE], vector->rank);
        }
        if (x->rank > 0 && vector->rank == 1 && vector->dims[0].known && x->dims[1].known &&
            vector->dims[0].value != x->dims[1].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "%s has %lld numbers, input has %lld channels", names[i - SCALE],
                                  (long long)vector->dims[0].value, (long long)x->dims[1].value);
        }
    }
    iou_fact_like(&infer->out[0], x);
    return IOU_OK;
}

/* In double and in two passes: a large mean does not eat the variance. */
static double mean_of(const float *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i];
    }
    return sum / (double)n;
}

static double variance_of(const float *x, size_t n, double mean) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double distance = (double)x[i] - mean;
        sum += distance * distance;
    }
    return sum / (double)n;
}

static iou_status instance_norm_run(const iou_call *call, size_t task) {
    const instance_norm_params *p = call->params;
    if (p->rows == 0 || p->pixels == 0) {
        return IOU_OK;
    }
    const size_t channel = task % p->channels;
    const float *x = (const float *)call->in[0] + task * p->pixels;
    float *y = (float *)call->out[0] + task * p->pixels;
    const double mean = mean_of(x, p->pixels);
    const double variance = variance_of(x, p->pixels, mean);
    const double factor =
        (double)((const float *)call->in[SCALE])[channel] / sqrt(variance + (double)p->epsilon);
    const double shift = (double)((const float *)call->in[BIAS])[channel] - mean * factor;
    for (size_t i = 0; i < p->pixels; i++) {
        y[i] = (float)((double)x[i] * factor + shift);
    }
    return IOU_OK;
}

static iou_status instance_norm_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    instance_norm_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->channels = (size_t)x->dims[1];
    p->rows = (size_t)x->dims[0] * p->channels;
    p->pixels = p->rows == 0 ? 0 : x->count / p->rows;
    p->epsilon = iou_attribute_float(prepare->node, "epsilon", 1e-5f);
    *prepare->step = (iou_step){.run = instance_norm_run,
                                .params = p,
                                .task_count = p->rows == 0 ? 1 : p->rows,
                                .in_place = true,
                                .algorithm = "two passes",
                                .isa = "scalar",
                                .flop = 6.0 * (double)x->count};
    return IOU_OK;
}

const iou_op iou_op_instance_normalization = {"InstanceNormalization", IOU_LAYOUT_PLAIN,
                                              instance_norm_infer, instance_norm_prepare};

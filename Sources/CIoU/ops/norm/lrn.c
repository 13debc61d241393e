/* LRN: each element divided by a power of the mean square over neighbouring channels. */
#include "core/sizes.h"
#include "ops/facts.h"

#include <math.h>

typedef struct lrn_params {
    iou_type type;
    size_t channels, pixels;
    size_t below, above; /* neighbours */
    double alpha, beta, bias;
} lrn_params;

typedef struct lrn_attributes {
    int64_t size;
    float alpha, beta, bias;
} lrn_attributes;

static iou_status lrn_parse(const iou_parse *parse) {
    lrn_attributes *a = parse->attributes;
    a->size = iou_attribute_int(parse->node, "size", 0);
    if (a->size < 1) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "size must be positive, it is %lld",
                              (long long)a->size);
    }
    a->alpha = iou_attribute_float(parse->node, "alpha", 1e-4f);
    a->beta = iou_attribute_float(parse->node, "beta", 0.75f);
    a->bias = iou_attribute_float(parse->node, "bias", 1.0f);
    return IOU_OK;
}

static iou_status lrn_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_float));
    const iou_fact *x = infer->in[0];
    if (x->rank >= 0 && x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    iou_fact_like(&infer->out[0], x);
    return IOU_OK;
}

enum { STRIP = 256 }; /* pixels of one pass over the channels */

#define LRN_STRIP(name, type, power)                                                               \
    static void name(const lrn_params *p, const type *x, type *y, size_t n) {                      \
        for (size_t c = 0; c < p->channels; c++) {                                                 \
            type sums[STRIP] = {0};                                                                \
            const size_t first = c > p->below ? c - p->below : 0, left = p->channels - c;          \
            const size_t end = p->above < left ? c + p->above + 1 : p->channels;                   \
            for (size_t k = first; k < end; k++) {                                                 \
                for (size_t i = 0; i < n; i++) {                                                   \
                    sums[i] += x[k * p->pixels + i] * x[k * p->pixels + i];                        \
                }                                                                                  \
            }                                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                const type base = (type)p->bias + (type)p->alpha * sums[i];                        \
                y[c * p->pixels + i] = x[c * p->pixels + i] * power(base, -(type)p->beta);         \
            }                                                                                      \
        }                                                                                          \
    }

LRN_STRIP(lrn_f32, float, powf)
LRN_STRIP(lrn_f64, double, pow)

static iou_status lrn_run(const iou_call *call, size_t task) {
    const lrn_params *p = call->params;
    const size_t strips = iou_divide_up(p->pixels, STRIP);
    const size_t first = task % strips * STRIP, left = p->pixels - first;
    const size_t at = task / strips * p->channels * p->pixels + first;
    const size_t n = iou_size_min(left, STRIP);
    if (p->type == IOU_FLOAT) {
        lrn_f32(p, (const float *)call->in[0] + at, (float *)call->out[0] + at, n);
    } else {
        lrn_f64(p, (const double *)call->in[0] + at, (double *)call->out[0] + at, n);
    }
    return IOU_OK;
}

static iou_status lrn_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    lrn_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *prepare->step = (iou_step){
        .run = iou_run_nothing, .params = p, .task_count = 1, .algorithm = "rows", .isa = "scalar"};
    if (x->count == 0) {
        return IOU_OK;
    }
    const lrn_attributes *a = prepare->node->attributes;
    p->type = x->type;
    p->channels = (size_t)x->dims[1];
    p->pixels = x->count / (size_t)x->dims[0] / p->channels;
    p->below = (size_t)((a->size - 1) / 2);
    p->above = (size_t)(a->size - 1) - p->below;
    p->below = iou_size_min(p->below, p->channels);
    p->above = iou_size_min(p->above, p->channels);
    p->alpha = (double)a->alpha / (double)a->size;
    p->beta = (double)a->beta;
    p->bias = (double)a->bias;
    prepare->step->run = lrn_run;
    prepare->step->task_count = (size_t)x->dims[0] * (iou_divide_up(p->pixels, STRIP));
    return IOU_OK;
}

const iou_op iou_op_lrn = {.name = "LRN",
                           .widens = IOU_WIDENS_FLOATS,
                           .attributes_size = sizeof(lrn_attributes),
                           .parse = lrn_parse,
                           .infer = lrn_infer,
                           .prepare = lrn_prepare};

/* BatchNormalization in training, and in types other than float32: one channel after the other, in
 * double. */
#include "ops/facts.h"
#include "ops/norm/batch_norm.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>

enum { INPUTS = 5, OUTPUTS = 5 };

typedef struct plain_params {
    const iou_batch_norm_attributes *how;
    iou_type types[INPUTS];
    bool makes[OUTPUTS];
    size_t pictures, pixels; /* of a channel */
    size_t picture_stride, pixel_stride, channel_stride;
} plain_params;

static size_t place_of(const plain_params *p, size_t channel, size_t i) {
    return i / p->pixels * p->picture_stride + channel * p->channel_stride +
           i % p->pixels * p->pixel_stride;
}

/* Mean and variance of a channel, of all its elements. */
static void measure(const plain_params *p, const void *x, size_t channel, double *mean,
                    double *variance) {
    const size_t count = p->pictures * p->pixels;
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += iou_real_load(p->types[0], x, place_of(p, channel, i));
    }
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        const double d = iou_real_load(p->types[0], x, place_of(p, channel, i)) - *mean;
        squares += d * d;
    }
    *variance = squares / (double)count;
}

static void store(const plain_params *p, const iou_call *call, int output, size_t channel,
                  double value) {
    if (p->makes[output]) {
        iou_real_store(p->types[IOU_NORM_MEAN], call->out[output], channel, value);
    }
}

static iou_status plain_run(const iou_call *call, size_t channel) {
    const plain_params *p = call->params;
    double numbers[INPUTS];
    for (int i = IOU_NORM_SCALE; i < INPUTS; i++) {
        numbers[i] = iou_real_load(p->types[i], call->in[i], channel);
    }
    double mean = numbers[IOU_NORM_MEAN], variance = numbers[IOU_NORM_VARIANCE];
    if (p->how->trains) {
        const double kept = (double)p->how->momentum;
        measure(p, call->in[0], channel, &mean, &variance);
        store(p, call, 1, channel, numbers[IOU_NORM_MEAN] * kept + mean * (1.0 - kept));
        store(p, call, 2, channel, numbers[IOU_NORM_VARIANCE] * kept + variance * (1.0 - kept));
        store(p, call, 3, channel, mean); /* of opsets before 14 */
        store(p, call, 4, channel, variance);
    }
    const double factor = numbers[IOU_NORM_SCALE] / sqrt(variance + (double)p->how->epsilon);
    for (size_t i = 0; i < p->pictures * p->pixels; i++) {
        const size_t at = place_of(p, channel, i);
        const double x = iou_real_load(p->types[0], call->in[0], at);
        iou_real_store(p->types[0], call->out[0], at, (x - mean) * factor + numbers[IOU_NORM_BIAS]);
    }
    return IOU_OK;
}

iou_status iou_batch_norm_prepare_plain(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[0];
    plain_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = node->attributes;
    for (int i = 0; i < INPUTS; i++) {
        p->types[i] = prepare->in[i]->type;
    }
    (void)iou_prepare_outputs(prepare, p->makes);
    const size_t channels = x->rank > 1 ? (size_t)x->dims[1] : 1;
    const bool last = x->layout == IOU_CHANNELS_LAST;
    p->pictures = (size_t)x->dims[0];
    p->pixels = 1;
    for (int i = 2; i < x->rank; i++) {
        p->pixels *= (size_t)x->dims[i];
    }
    p->picture_stride = channels * p->pixels;
    p->channel_stride = last ? 1 : p->pixels;
    p->pixel_stride = last ? channels : 1;
    const bool nothing = channels == 0 || p->pixels == 0;
    *prepare->step = (iou_step){.run = nothing ? iou_run_nothing : plain_run,
                                .params = p,
                                .task_count = nothing ? 1 : channels,
                                .algorithm = "channels",
                                .isa = "scalar"};
    return IOU_OK;
}

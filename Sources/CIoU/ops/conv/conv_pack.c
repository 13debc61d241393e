/* Weights in the order in which the kernels read them, scale and shift multiplied in. */
#include "ops/conv/conv.h"

#include <string.h>

/* Element `index` of floats at any address. */
static float conv_float(const void *bytes, size_t index) {
    float value;
    memcpy(&value, (const char *)bytes + index * sizeof value, sizeof value);
    return value;
}

float iou_conv_bias(const iou_conv_source *source, size_t channel) {
    const float bias = source->bias != NULL ? conv_float(source->bias, channel) : 0.0F;
    return source->scale != NULL ? bias * source->scale[channel] + source->shift[channel] : bias;
}

float iou_conv_weight(const iou_conv_plan *plan, const iou_conv_source *source, size_t channel,
                      size_t c, size_t tap) {
    const size_t from = (channel * plan->channels + c) * plan->taps + tap;
    const float weight = conv_float(source->weights, from);
    return source->scale != NULL ? weight * source->scale[channel] : weight;
}

const float *iou_conv_panels(const iou_conv_plan *plan, const iou_call *call,
                             const iou_conv_task *task) {
    if (plan->packed != NULL) {
        return plan->packed + task->panel * plan->panel_size;
    }
    iou_conv_source source = plan->source;
    source.weights = call->in[plan->weight_input];
    source.bias = plan->bias_input >= 0 ? call->in[plan->bias_input] : NULL;
    float *panels = (float *)(void *)((char *)call->scratch + plan->packed_at);
    plan->algorithm->pack(plan, &source, task->panel, task->panels, task->panel, panels);
    return panels;
}

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

/* One panel: output channels [channel, channel + count) of one group. */
static void conv_pack_panel(const iou_conv_plan *plan, const iou_conv_source *source,
                            size_t channel, size_t count, float *panel) {
    const size_t columns = plan->kernels.gemm->columns;
    float *b = panel + columns;
    memset(panel, 0, plan->panel_size * sizeof *panel);
    for (size_t j = 0; j < count; j++) {
        panel[j] = iou_conv_bias(source, channel + j);
    }
    for (size_t c = 0; c < plan->channels; c++) {
        for (size_t tap = 0; tap < plan->taps; tap++) {
            float *to = b + (tap * plan->channels + c) * columns;
            for (size_t j = 0; j < count; j++) {
                to[j] = iou_conv_weight(plan, source, channel + j, c, tap);
            }
        }
    }
}

size_t iou_conv_lane_channel(const iou_conv_plan *plan, size_t lane, size_t step) {
    const size_t begin = plan->panel_groups > 1 ? lane % plan->columns : 0;
    return (begin + step) % plan->channels;
}

/* The same for the grouped kernels, of one group or several. */
static void conv_pack_grouped(const iou_conv_plan *plan, const iou_conv_source *source,
                              size_t channel, size_t count, float *panel) {
    const size_t lanes = plan->kernels.grouped->lanes;
    float *b = panel + lanes;
    memset(panel, 0, plan->panel_size * sizeof *panel);
    for (size_t j = 0; j < count; j++) {
        panel[j] = iou_conv_bias(source, channel + j);
        for (size_t k = 0; k < plan->depth; k++) {
            const size_t c = iou_conv_lane_channel(plan, j, k % plan->channels);
            b[k * lanes + j] = iou_conv_weight(plan, source, channel + j, c, k / plan->channels);
        }
    }
}

void iou_conv_pack_panels(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                          size_t count, float *memory) {
    for (size_t i = first; i < first + count; i++, memory += plan->panel_size) {
        if (plan->algorithm == IOU_CONV_GROUPED) {
            const size_t most = plan->panel_groups * plan->columns, channel = i * most;
            const size_t left = (size_t)plan->shape.out_channels - channel;
            conv_pack_grouped(plan, source, channel, left < most ? left : most, memory);
        } else {
            const size_t most = plan->kernels.gemm->columns;
            const size_t column = i % plan->group_panels * most, left = plan->columns - column;
            conv_pack_panel(plan, source, i / plan->group_panels * plan->columns + column,
                            left < most ? left : most, memory);
        }
    }
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
    iou_conv_pack_panels(plan, &source, task->panel, task->panels, panels);
    return panels;
}

void iou_conv_pack_depthwise(const iou_conv_plan *plan, const iou_conv_source *source,
                             float *memory) {
    const size_t channels = (size_t)plan->shape.out_channels;
    for (size_t c = 0; c < channels; c++) {
        memory[c] = iou_conv_bias(source, c);
        for (size_t tap = 0; tap < plan->taps; tap++) {
            memory[(1 + tap) * channels + c] = iou_conv_weight(plan, source, c, 0, tap);
        }
    }
}

/* Tap by tap, one input channel's weights of the output channels of a panel. */
static void gather_filters(const iou_conv_plan *plan, const iou_conv_source *source, size_t channel,
                           size_t count, size_t c, float *taps) {
    const size_t columns = plan->kernels.gemm->columns;
    for (size_t j = 0; j < count; j++) {
        for (size_t tap = 0; tap < 9; tap++) {
            taps[tap * columns + j] = iou_conv_weight(plan, source, channel + j, c, tap);
        }
    }
}

void iou_conv_pack_winograd(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                            size_t count, float *memory) {
    enum { MOST_COLUMNS = 32 };
    const size_t columns = plan->kernels.gemm->columns, n = iou_winograd_patch(plan->winograd);
    const size_t line = plan->panels * plan->panel_size;
    float taps[9 * MOST_COLUMNS];
    for (size_t i = first; i < first + count; i++) {
        float *bias = memory + n * line + i * columns, *panel = memory + i * plan->panel_size;
        const size_t channel = i * columns, left = plan->columns - channel;
        const size_t real = iou_conv_smaller(left, columns);
        for (size_t j = 0; j < columns; j++) {
            bias[j] = j < real ? iou_conv_bias(source, channel + j) : 0.0F;
        }
        memset(taps, 0, sizeof taps);
        for (size_t c = 0; c < plan->channels; c++, panel += 3 * columns) {
            gather_filters(plan, source, channel, real, c, taps);
            plan->winograd->filter_down(taps, panel, columns, line);
        }
    }
}

/* Weights in the order in which the kernels read them, scale and shift multiplied in. */
#include "ops/conv/conv.h"

#include <string.h>

/* Element `index` of floats at any address. */
static float conv_float(const void *bytes, size_t index) {
    float value;
    memcpy(&value, (const char *)bytes + index * sizeof value, sizeof value);
    return value;
}

static float conv_bias(const iou_conv_source *source, size_t channel) {
    const float bias = source->bias != NULL ? conv_float(source->bias, channel) : 0.0F;
    return source->scale != NULL ? bias * source->scale[channel] + source->shift[channel] : bias;
}

/* One panel: output channels [channel, channel + count). */
static void conv_pack_panel(const iou_conv_plan *plan, const iou_conv_source *source,
                            size_t channel, size_t count, float *panel) {
    const size_t columns = plan->gemm->columns;
    float *b = panel + columns;
    memset(panel, 0, plan->panel_size * sizeof *panel);
    for (size_t j = 0; j < count; j++) {
        panel[j] = conv_bias(source, channel + j);
    }
    for (size_t c = 0; c < plan->channels; c++) {
        for (size_t tap = 0; tap < plan->taps; tap++) {
            float *to = b + (tap * plan->channels + c) * columns;
            for (size_t j = 0; j < count; j++) {
                const size_t from = ((channel + j) * plan->channels + c) * plan->taps + tap;
                const float weight = conv_float(source->weights, from);
                to[j] = source->scale != NULL ? weight * source->scale[channel + j] : weight;
            }
        }
    }
}

void iou_conv_pack_panels(const iou_conv_plan *plan, const iou_conv_source *source, size_t group,
                          size_t first, size_t count, float *memory) {
    for (size_t i = 0; i < count; i++) {
        const size_t column = (first + i) * plan->gemm->columns;
        const size_t left = plan->columns - column;
        conv_pack_panel(plan, source, group * plan->columns + column,
                        left < plan->gemm->columns ? left : plan->gemm->columns,
                        memory + i * plan->panel_size);
    }
}

void iou_conv_pack_depthwise(const iou_conv_plan *plan, const iou_conv_source *source,
                             float *memory) {
    const size_t channels = (size_t)plan->shape.out_channels;
    for (size_t c = 0; c < channels; c++) {
        memory[c] = conv_bias(source, c);
        const float scale = source->scale != NULL ? source->scale[c] : 1.0F;
        for (size_t tap = 0; tap < plan->taps; tap++) {
            const float weight = conv_float(source->weights, c * plan->taps + tap);
            memory[(1 + tap) * channels + c] = weight * scale;
        }
    }
}

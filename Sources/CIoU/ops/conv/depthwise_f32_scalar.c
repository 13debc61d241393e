/* The meaning of depthwise tiles and lines, in plain loops; and the choice among their kernels. */
#include "core/clamp.h"
#include "ops/conv/depthwise.h"

static void depthwise_pixels(const iou_depthwise_tile *t) {
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t j = t->offset; j < t->offset + t->channels; j++) {
            float sum = 0;
            for (size_t tap = 0; tap < t->taps; tap++) {
                sum += t->a[tap * t->a_stride + i][j] * t->weights[tap * t->weight_stride + j];
            }
            sum += t->bias[j];
            if (t->residual != NULL) {
                sum += t->residual[i][j];
            }
            t->c[i * t->c_stride + j] = iou_clamp_f32(sum, t->lo, t->hi);
        }
    }
}

/* The sum of channel j under the window of output pixel x. */
static float depthwise_sum(const iou_depthwise_line *t, size_t x, size_t j) {
    float sum = 0;
    for (size_t l = 0; l < t->lines; l++) {
        for (size_t tap = 0; tap < t->taps; tap++) {
            const size_t at = x * t->stride + tap; /* counted from the padding's begin */
            if (at >= t->pad && at - t->pad < t->width) {
                const float value = t->in[l][(at - t->pad) * t->image_pitch + j];
                sum += value * t->weights[l][tap * t->weight_stride + j];
            }
        }
    }
    return sum;
}

static void depthwise_line(const iou_depthwise_line *t) {
    for (size_t x = 0; x < t->pixels; x++) {
        for (size_t j = t->offset; j < t->offset + t->channels; j++) {
            float sum = depthwise_sum(t, x, j) + t->bias[j];
            if (t->residual != NULL) {
                sum += t->residual[x][j];
            }
            t->c[x * t->c_stride + j] = iou_clamp_f32(sum, t->lo, t->hi);
        }
    }
}

const iou_depthwise_kernels iou_depthwise_f32_scalar = {IOU_ISA_SCALAR, depthwise_pixels,
                                                        depthwise_line};

const iou_depthwise_kernels *iou_depthwise_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_DEPTHWISE_VARIANT(symbol) &symbol,
#include "ops/conv/depthwise_kernels.inc"
#undef IOU_DEPTHWISE_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

/* The meaning of a depthwise tile, in plain loops; and the choice among its kernels. */
#include "ops/conv/depthwise.h"

void iou_depthwise_f32_scalar(const iou_depthwise_tile *t) {
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
            sum = sum > t->hi ? t->hi : sum;
            t->c[i * t->c_stride + j] = sum < t->lo ? t->lo : sum;
        }
    }
}

iou_depthwise_kernel iou_depthwise_choose(iou_isa isa) {
    static const struct {
        iou_depthwise_kernel kernel;
        iou_isa isa;
    } variants[] = {
#define IOU_DEPTHWISE_VARIANT(symbol, level) {symbol, level},
#include "ops/conv/depthwise_kernels.inc"
#undef IOU_DEPTHWISE_VARIANT
    };
    iou_depthwise_kernel best = iou_depthwise_f32_scalar;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (variants[i].isa <= isa) {
            best = variants[i].kernel;
        }
    }
    return best;
}

/* Depthwise convolution of some pixels: a GEMM tile's row pointers, no sum over channels. */
#ifndef IOU_DEPTHWISE_H
#define IOU_DEPTHWISE_H

#include "core/cpu.h"

typedef struct iou_depthwise_tile {
    const float *const *a; /**< a[tap * a_stride + row] */
    size_t a_stride;
    size_t offset; /**< of the first channel, in a's pixels, weights, bias, c and residuals */
    size_t rows, taps, channels;
    const float *weights; /**< [tap][weight_stride] */
    size_t weight_stride;
    const float *bias;
    float *c;
    size_t c_stride;
    const float *const *residual; /**< a pointer per row, or NULL */
    float lo, hi;
} iou_depthwise_tile;

typedef void (*iou_depthwise_kernel)(const iou_depthwise_tile *tile);

#define IOU_DEPTHWISE_VARIANT(symbol, isa) void symbol(const iou_depthwise_tile *tile);
#include "ops/conv/depthwise_kernels.inc"
#undef IOU_DEPTHWISE_VARIANT

iou_depthwise_kernel iou_depthwise_choose(iou_isa isa);

#endif

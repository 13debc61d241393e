/* Pooling of floats: one output pixel, all its channels. */
#ifndef IOU_POOL_KERNEL_H
#define IOU_POOL_KERNEL_H

#include "core/cpu.h"

#include <stdbool.h>

/** A window within the input: `taps` of depth, height and width, `strides` floats apart. */
typedef struct iou_pool_window {
    const float *in;
    int64_t taps[3], strides[3];
    size_t channels;
    float *out;
    float divisor; /**< of averages */
    /** Pixels that the next line of windows reads first, or NULL: lines, pixels of a line. */
    const float *prefetch;
    int64_t prefetch_lines, prefetch_stride;
    size_t prefetch_floats;
} iou_pool_window;

typedef struct iou_pool_kernels {
    iou_isa isa;
    void (*max)(const iou_pool_window *window);
    void (*average)(const iou_pool_window *window);
} iou_pool_kernels;

#define IOU_POOL_VARIANT(symbol) extern const iou_pool_kernels symbol;
#include "ops/pool/pool_kernels.inc"
#undef IOU_POOL_VARIANT

const iou_pool_kernels *iou_pool_choose(iou_isa isa);

#endif

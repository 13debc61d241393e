/* Depthwise convolution: of some pixels, a GEMM tile's row pointers, no sum over channels; and of
 * a line of pixels, under windows of the common width. */
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

enum { IOU_DEPTHWISE_WIDEST = 5 };

/**
 * A line of output pixels, under lines of three or five taps each, side by side. Strides along a
 * line are 1 or 2. Lines and taps in the padding are left out.
 */
typedef struct iou_depthwise_line {
    size_t taps;                 /**< 3 or 5 */
    size_t lines;                /**< of taps that lie within the image */
    const float *const *in;      /**< by line of taps: the image's line, all its channels */
    const float *const *weights; /**< by line of taps: [tap][weight_stride] */
    size_t weight_stride;
    size_t stride, pad;   /**< along the line */
    size_t width, pixels; /**< of a line of the image, and of the output */
    size_t image_pitch;   /**< floats from one pixel of the image to the next */
    size_t offset;        /**< of the first channel, in pixels, weights, bias and residuals */
    size_t channels;
    const float *bias;
    float *c;
    size_t c_stride;
    const float *const *residual; /**< a pointer per pixel, or NULL */
    float lo, hi;
} iou_depthwise_line;

typedef struct iou_depthwise_kernels {
    iou_isa isa;
    void (*pixels)(const iou_depthwise_tile *tile);
    void (*line)(const iou_depthwise_line *line);
} iou_depthwise_kernels;

#define IOU_DEPTHWISE_VARIANT(symbol) extern const iou_depthwise_kernels symbol;
#include "ops/conv/depthwise_kernels.inc"
#undef IOU_DEPTHWISE_VARIANT

const iou_depthwise_kernels *iou_depthwise_choose(iou_isa isa);

#endif

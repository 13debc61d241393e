/*
 * Winograd's minimal filtering of 3x3 convolutions with stride 1, F(m x m, 3 x 3): an output tile
 * of m x m pixels comes from n x n input pixels (n = m + 2) by n * n products instead of 9 * m * m.
 * Source: Lavin and Gray, arXiv 1509.09308; the points are 0, 1, -1 (m = 2), 2, -2 (m = 4) and
 * 1/2, -1/2 beside them (m = 6).
 */
#ifndef IOU_WINOGRAD_H
#define IOU_WINOGRAD_H

#include "core/cpu.h"

enum {
    IOU_WINOGRAD_TILES = 3, /**< sizes of them: 2, 4 and 6 */
    IOU_WINOGRAD_MAX_TILE = 6,
    IOU_WINOGRAD_TRANSFORM = 36, /**< multiplications that take as long as to transform a float */
    IOU_WINOGRAD_MAX_PATCH = IOU_WINOGRAD_MAX_TILE + 2,
    IOU_WINOGRAD_MAX_POSITIONS = IOU_WINOGRAD_MAX_PATCH * IOU_WINOGRAD_MAX_PATCH
};

/** One tile's pixels, to be transformed. */
typedef struct iou_winograd_input {
    const float *const *pixels; /**< n * n, line by line; padding points to zeros */
    size_t channels;
    float *to; /**< position p goes to to[p * stride …] */
    size_t stride;
} iou_winograd_input;

/** One tile's products, to be transformed back. */
typedef struct iou_winograd_output {
    const float *from; /**< position p is at from[p * stride …] */
    size_t stride;
    size_t channels;
    const float *bias;
    float *const *pixels;         /**< m * m, line by line; NULL outside of the map */
    const float *const *residual; /**< beside them, or NULL */
    float lo, hi;
} iou_winograd_output;

typedef struct iou_winograd_kernel {
    size_t tile; /**< m */
    /** Filters, [tap][column], of `columns` (whole vectors) filters: position p goes to
     * to[p * stride …]. */
    void (*filter)(const float *taps, float *to, size_t columns, size_t stride);
    void (*input)(const iou_winograd_input *input);
    void (*output)(const iou_winograd_output *output);
} iou_winograd_kernel;

/** F(2x2), F(4x4) and F(6x6) of one instruction set. */
typedef struct iou_winograd_kernels {
    iou_isa isa;
    iou_winograd_kernel tiles[IOU_WINOGRAD_TILES];
} iou_winograd_kernels;

#define IOU_WINOGRAD_VARIANT(symbol) extern const iou_winograd_kernels symbol;
#include "ops/conv/winograd_kernels.inc"
#undef IOU_WINOGRAD_VARIANT

/** The best kernels for a CPU of this level; NULL: there are none. */
const iou_winograd_kernels *iou_winograd_choose(iou_isa isa);

#endif

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
    float *to; /**< position x of line y goes to to[y * line_stride + x * stride …] */
    size_t line_stride, stride;
} iou_winograd_input;

/** The products of a line of n positions by a panel of filters, to be transformed back along it. */
typedef struct iou_winograd_products {
    const float *from; /**< position x of the line is at from[x * stride …], tile by tile */
    size_t stride;
    size_t tiles, columns;      /**< columns: of every tile; whole vectors */
    float *to;                  /**< pixel x of the line goes to to[x * to_stride …] */
    size_t to_stride, to_width; /**< to_width: between tiles */
} iou_winograd_products;

/** One tile's lines, to be transformed back down the columns. */
typedef struct iou_winograd_output {
    const float *from; /**< pixel x of line y is at from[y * line_stride + x * stride …] */
    size_t line_stride, stride;
    size_t channels;
    const float *bias;
    float *const *pixels;         /**< m * m, line by line; NULL outside of the map */
    const float *const *residual; /**< beside them, or NULL */
    float lo, hi;
} iou_winograd_output;

/** Filters and products are transformed in two steps: what lies between those of the filters is
 * what is kept, 3 / n of the whole. */
typedef struct iou_winograd_kernel {
    size_t tile; /**< m */
    /** Filters down their columns: [y][x][column] of `columns` (whole vectors) filters to n lines
     * of [x][column], line y at to[y * stride …]. */
    void (*filter_down)(const float *taps, float *to, size_t columns, size_t stride);
    /** One line along: [channel][x][column] to [channel][column] of n positions, position x at
     * to[x * stride …]. */
    void (*filter_along)(const float *from, float *to, size_t channels, size_t columns,
                         size_t stride);
    void (*input)(const iou_winograd_input *input);
    void (*output_along)(const iou_winograd_products *products);
    void (*output_down)(const iou_winograd_output *output);
} iou_winograd_kernel;

/** n: the lines of the transformed pixels of a tile, and the positions of each. */
static inline size_t iou_winograd_patch(const iou_winograd_kernel *kernel) {
    return kernel->tile + 2;
}

/** The kernel of tile size m, from the functions of winograd_f32_kernel.h. */
#define IOU_WINOGRAD_KERNEL(m)                                                                     \
    {                                                                                              \
        m, winograd_filter_down_##m, winograd_filter_along_##m, winograd_input_##m,                \
            winograd_output_along_##m, winograd_output_down_##m                                    \
    }

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

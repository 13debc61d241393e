/*
 * Winograd's F(4x4, 3x3) in integers, with the points 0, 1, -1, 2, -2. The matrices are whole
 * numbers: the filters' lacks its denominators, which the outputs' has in their place, so that
 * sums are 24 * 24 times what they should be. They are computed modulo 2^32, where 9 has an
 * inverse: what is left, 64 times the true sum, is exact where that is below 2^25.
 * Source: Lavin and Gray, arXiv 1509.09308.
 */
#ifndef IOU_INTEGER_WINOGRAD_H
#define IOU_INTEGER_WINOGRAD_H

#include "core/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum {
    IOU_INTEGER_WINOGRAD_TILE = 4,
    IOU_INTEGER_WINOGRAD_PATCH = 6,
    IOU_INTEGER_WINOGRAD_POSITIONS = 36,
    IOU_INTEGER_WINOGRAD_LARGEST = 1 << 25, /* above all sums */
    IOU_INTEGER_WINOGRAD_LANES = 32         /* most channels that are transformed at a time */
};

/** A tile's pixels, to be transformed. */
typedef struct iou_integer_winograd_input {
    const uint8_t *const *pixels; /**< 6 * 6, line by line; int8 ones if `flip` is 128 */
    size_t channels;
    uint8_t flip; /**< makes them uint8 by exclusive or; 0: they are */
    int16_t zero; /**< taken off what it makes */
    int16_t *to;  /**< position i goes to to[i * stride …]: whole vectors */
    size_t stride;
} iou_integer_winograd_input;

/** The products of a tile by a panel of filters, to be transformed back. */
typedef struct iou_integer_winograd_output {
    const int32_t *from; /**< position i is at from[i * stride …] */
    size_t stride;
    size_t columns; /**< whole vectors */
    const int32_t *biases;
    int32_t *to; /**< [pixel][column], 4 * 4 pixels, line by line */
} iou_integer_winograd_output;

/** Filters that are transformed down their columns, to be transformed along a line: position 0 is
 * the first of `taps`, position 5 the last. */
typedef struct iou_integer_winograd_filter {
    const int16_t *taps[3];
    int16_t *to; /**< positions 1 to 4, `size` apart */
    size_t size; /**< of each */
} iou_integer_winograd_filter;

typedef struct iou_integer_winograd_kernels {
    iou_isa isa;
    void (*filter)(const iou_integer_winograd_filter *filter);
    void (*input)(const iou_integer_winograd_input *input);
    void (*output)(const iou_integer_winograd_output *output);
} iou_integer_winograd_kernels;

#define IOU_INTEGER_WINOGRAD_VARIANT(symbol) extern const iou_integer_winograd_kernels symbol;
#include "ops/quantize/integer_winograd_kernels.inc"
#undef IOU_INTEGER_WINOGRAD_VARIANT

const iou_integer_winograd_kernels *iou_integer_winograd_choose(iou_isa isa);

#endif

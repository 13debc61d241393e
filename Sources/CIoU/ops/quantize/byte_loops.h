/* Loops over bytes, floats and sums, for one instruction set each. */
#ifndef IOU_BYTE_LOOPS_H
#define IOU_BYTE_LOOPS_H

#include "core/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How numbers become bytes: of int8 where `least` is negative, else of uint8. */
typedef struct iou_quantize_row {
    float scale;
    int32_t zero, least, most;
} iou_quantize_row;

enum { IOU_RESCALE_VECTOR = 32 /* columns that loops read at a time, the last ones too */ };

/** What becomes of the sum of each column: sum * factor + offset, both finite. */
typedef struct iou_rescale_row {
    const float *factors, *offsets;
    bool plain; /**< no factor is above 1/2, so that products fit int32, and all offsets are 0 */
} iou_rescale_row;

/** Sums, [row][column]. */
typedef struct iou_sums {
    const int32_t *at;
    size_t stride, rows, columns; /**< a row is readable in whole vectors */
} iou_sums;

/** A window of channels that have a filter each: sums of their products, from `starts` on. */
typedef struct iou_depthwise_bytes {
    const void *const *pixels; /**< under each tap, of which two are a pair, at the first channel */
    const int16_t *weights;    /**< [pair][channel][2], a pair `stride` apart */
    const int32_t *starts;
    size_t pairs, stride, channels;
    int32_t *sums;
} iou_depthwise_bytes;

/** Two operands of bytes: as uint8 after `flips`, which make int8 so, less their zero points. */
typedef struct iou_byte_binary {
    int32_t flips[2], zeros[2];
    float factors[2]; /**< of each; of the product, the first */
    iou_quantize_row row;
} iou_byte_binary;

typedef struct iou_byte_loops {
    iou_isa isa;
    /** x / scale, rounded to even, plus the zero point, saturated; NaN becomes the zero point. */
    void (*quantize)(const iou_quantize_row *row, const float *x, uint8_t *y, size_t n);
    /** The same of what becomes of sums, rows `stride` bytes apart; `scale` is not used. */
    void (*requantize)(const iou_quantize_row *row, const iou_rescale_row *columns,
                       const iou_sums *sums, uint8_t *y, size_t stride);
    /** Sums as real numbers, rows `stride` of them apart. */
    void (*dequantize_sums)(const iou_rescale_row *columns, const iou_sums *sums, float *y,
                            size_t stride);
    /** (x - zero) * scale. */
    void (*dequantize_u8)(const iou_quantize_row *row, const uint8_t *x, float *y, size_t n);
    void (*dequantize_i8)(const iou_quantize_row *row, const int8_t *x, float *y, size_t n);
    void (*add)(const iou_byte_binary *binary, const uint8_t *a, const uint8_t *b, uint8_t *y,
                size_t n);
    void (*multiply)(const iou_byte_binary *binary, const uint8_t *a, const uint8_t *b, uint8_t *y,
                     size_t n);
    /** table[x], of 256 bytes. */
    void (*translate)(const uint8_t *table, const uint8_t *x, uint8_t *y, size_t n);
    /** x - zero. */
    void (*widen_u8)(const uint8_t *x, int32_t zero, int16_t *y, size_t n);
    void (*widen_i8)(const int8_t *x, int32_t zero, int16_t *y, size_t n);
    void (*depthwise_u8)(const iou_depthwise_bytes *window);
    void (*depthwise_i8)(const iou_depthwise_bytes *window);
} iou_byte_loops;

#define IOU_BYTE_LOOPS_VARIANT(symbol) extern const iou_byte_loops symbol;
#include "ops/quantize/byte_loops.inc"
#undef IOU_BYTE_LOOPS_VARIANT

const iou_byte_loops *iou_byte_loops_choose(iou_isa isa);

#endif

/*
 * Products of integers of 8 bits, zero points taken off: as int16, in pairs along the sum, which
 * instructions multiply and add to int32 without saturation. Sums wrap in 32 bits, as ONNX allows.
 */
#ifndef IOU_INTEGER_PRODUCT_H
#define IOU_INTEGER_PRODUCT_H

#include "core/cpu.h"
#include "ops/op.h"

enum { IOU_INTEGER_MOST_COLUMNS = 32, IOU_INTEGER_MOST_ROWS = 8 /* of any kernel's tile */ };

/** Rows of the left matrix by a panel of the right one. */
typedef struct iou_integer_tile {
    const int16_t *left;  /**< [row][2 * pairs] */
    const int16_t *panel; /**< [pair][column][2] */
    size_t rows, pairs;   /**< rows: at most the kernel's */
    int32_t *sums;        /**< [row][column] */
} iou_integer_tile;

typedef struct iou_integer_kernels {
    iou_isa isa;
    size_t rows, columns; /**< of a tile */
    void (*tile)(const iou_integer_tile *tile);
} iou_integer_kernels;

#define IOU_INTEGER_VARIANT(symbol) extern const iou_integer_kernels symbol;
#include "ops/quantize/integer_kernels.inc"
#undef IOU_INTEGER_VARIANT

const iou_integer_kernels *iou_integer_choose(iou_isa isa);

/**
 * A right matrix in memory. Element (k, n) is at n * column_stride + k / inner * outer_stride +
 * k % inner * inner_stride.
 */
typedef struct iou_integer_right {
    const void *data, *zeros; /**< zeros: of the data's type; NULL: none */
    iou_type type;            /**< int8 or uint8 */
    size_t zero_step;         /**< 1: every column has its own zero point; else 0 */
    size_t depth, columns;
    size_t column_stride, inner, inner_stride, outer_stride;
} iou_integer_right;

/** Pairs along a sum of `depth`. */
size_t iou_integer_pairs(size_t depth);
size_t iou_integer_panels(const iou_integer_kernels *kernels, size_t columns);
/** int16 numbers of a panel; SIZE_MAX: too many. */
size_t iou_integer_panel_size(const iou_integer_kernels *kernels, size_t depth);

/** Packs panels [first, first + count) to `memory`. */
void iou_integer_pack(const iou_integer_kernels *kernels, const iou_integer_right *right,
                      size_t first, size_t count, int16_t *memory);

/** Bytes without their zero point. */
void iou_integer_widen(iou_type type, const void *from, size_t n, int32_t zero, int16_t *to);

/** An int8 or uint8 number; NULL: 0. */
int32_t iou_integer_read(iou_type type, const void *data, size_t index);

/** Where sums go: `columns` of them from (row, column) on. */
typedef struct iou_integer_sink {
    void (*store)(const void *context, size_t row, size_t column, size_t columns,
                  const int32_t *sums);
    const void *context;
} iou_integer_sink;

/** Multiplies `rows` rows by the right matrix: its packed panels, or NULL, where each is packed to
 * `panel` first. */
void iou_integer_multiply(const iou_integer_kernels *kernels, const int16_t *left, size_t rows,
                          const iou_integer_right *right, const int16_t *packed, int16_t *panel,
                          const iou_integer_sink *sink);

#endif

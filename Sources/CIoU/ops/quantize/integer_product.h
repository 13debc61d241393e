/*
 * Products of bytes, in groups of four bytes of memory along the sum, which instructions multiply
 * and add to int32 without saturation: pairs of int16, zero points taken off, or four bytes, where
 * the right matrix is constant and its numbers without their zero points fit int8. Sums wrap in 32
 * bits, as ONNX allows.
 */
#ifndef IOU_INTEGER_PRODUCT_H
#define IOU_INTEGER_PRODUCT_H

#include "core/cpu.h"
#include "ops/op.h"
#include "ops/quantize/byte_loops.h"

enum {
    IOU_INTEGER_MOST_COLUMNS = 32,
    IOU_INTEGER_MOST_ROWS = 8, /* of any kernel's tile */
    IOU_INTEGER_GROUP = 4      /* bytes */
};

/** Rows of the left matrix in pieces: a convolution's under each tap of its windows. */
typedef struct iou_integer_rows {
    const char *const *at; /**< [tap][row]: the groups of a tap, `count` pointers a tap */
    size_t count;
    size_t taps, groups; /**< groups of each tap */
} iou_integer_rows;

/** How sums become bytes where nothing but the type limits them: see iou_rescale_row.plain. */
typedef struct iou_integer_bytes {
    const float *factors; /**< of each column */
    int32_t zero;
    bool is_signed;
    uint8_t *out;   /**< [row][column] */
    size_t stride;  /**< bytes between rows */
    size_t columns; /**< of a row */
} iou_integer_bytes;

/** Rows of the left matrix by a panel of the right one. */
typedef struct iou_integer_panel_product {
    iou_integer_rows left; /**< from the first row on */
    size_t rows;
    const void *panel;              /**< [tap][group][column] */
    size_t columns;                 /**< that are wanted: all of the panel, or fewer */
    const int32_t *starts;          /**< what the sums of each column begin with */
    int32_t *sums;                  /**< [row][column] */
    const iou_integer_bytes *bytes; /**< where they go in place of `sums`; NULL: sums are stored */
} iou_integer_panel_product;

typedef struct iou_integer_kernels {
    iou_isa isa;
    size_t rows, columns; /**< of a tile */
    bool bytes;           /**< groups of four uint8 by int8; else of two int16 */
    bool stores_bytes;    /**< takes product.bytes */
    void (*multiply)(const iou_integer_panel_product *product);
} iou_integer_kernels;

#define IOU_INTEGER_VARIANT(symbol) extern const iou_integer_kernels symbol;
#include "ops/quantize/integer_kernels.inc"
#undef IOU_INTEGER_VARIANT

/**
 * A right matrix in memory. Element (k, n) is at n * column_stride + k / inner * outer_stride +
 * k % inner * inner_stride, of `outers` times `inner` elements; packed, every `piece` outers end a
 * group.
 */
typedef struct iou_integer_right {
    const void *data, *zeros; /**< zeros: of the data's type; NULL: none */
    iou_type type;            /**< int8 or uint8 */
    size_t zero_step;         /**< 1: every column has its own zero point; else 0 */
    size_t columns, column_stride;
    size_t outers, outer_stride, inner, inner_stride, piece;
} iou_integer_right;

/** The best kernels; `fits`: the right matrix is iou_integer_fits. */
const iou_integer_kernels *iou_integer_choose(iou_isa isa, bool fits);

/** Whether all numbers without their zero points are int8. */
bool iou_integer_fits(const iou_integer_right *right);

/** Bytes of a row of the left matrix. */
size_t iou_integer_row_size(const iou_integer_kernels *kernels, size_t depth);
size_t iou_integer_panels(const iou_integer_kernels *kernels, size_t columns);
/** Bytes of a panel; SIZE_MAX: too many. */
size_t iou_integer_panel_size(const iou_integer_kernels *kernels, const iou_integer_right *right);

/** Packs panels [first, first + count) to `memory`: the sum of each column, then the groups. */
void iou_integer_pack(const iou_integer_kernels *kernels, const iou_integer_right *right,
                      size_t first, size_t count, void *memory);

/** An int8 or uint8 number; NULL: 0. */
int32_t iou_integer_read(iou_type type, const void *data, size_t index);

/** How rows of the left matrix are made. */
typedef struct iou_integer_left {
    const iou_integer_kernels *kernels;
    const iou_byte_loops *loops;
    iou_type type;
    int32_t zero;
} iou_integer_left;

/** Elements of a row, and padding of as many; answers where the next go. */
char *iou_integer_take(const iou_integer_left *left, const void *from, size_t n, char *to);
char *iou_integer_pad(const iou_integer_left *left, size_t n, char *to);
/** Fills up a row of `depth` elements, behind them. */
void iou_integer_end_row(const iou_integer_left *left, size_t depth, char *to);

/** Where sums go: those of rows and columns from (row, column) on. */
typedef struct iou_integer_sink {
    const iou_integer_bytes *bytes; /**< of row and column 0; NULL: `store` takes all */
    void (*store)(const void *context, size_t row, size_t column, const iou_sums *sums);
    const void *context;
} iou_integer_sink;

/** What is multiplied by which columns. */
typedef struct iou_integer_factors {
    const iou_integer_left *left;
    iou_integer_rows rows; /**< those with zero points of their own are int16 */
    const iou_integer_right *right;
    const int32_t *biases;      /**< of each column; NULL: 0 */
    const char *packed;         /**< the right matrix's panels; NULL: they are packed to `panel` */
    char *panel;                /**< room for one */
    size_t first_panel, panels; /**< of the right matrix */
} iou_integer_factors;

void iou_integer_multiply(const iou_integer_factors *factors, const iou_integer_sink *sink);

#endif

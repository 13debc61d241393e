#include "ops/quantize/integer_product.h"

#include "core/sizes.h"

#include <string.h>

const iou_integer_kernels *iou_integer_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_INTEGER_VARIANT(symbol) &symbol,
#include "ops/quantize/integer_kernels.inc"
#undef IOU_INTEGER_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

size_t iou_integer_pairs(size_t depth) {
    return iou_divide_up(depth, 2);
}

size_t iou_integer_panels(const iou_integer_kernels *kernels, size_t columns) {
    return iou_divide_up(columns, kernels->columns);
}

size_t iou_integer_panel_size(const iou_integer_kernels *kernels, size_t depth) {
    return iou_size_times(2 * iou_integer_pairs(depth), kernels->columns);
}

int32_t iou_integer_read(iou_type type, const void *data, size_t index) {
    if (data == NULL) {
        return 0;
    }
    return type == IOU_INT8 ? ((const int8_t *)data)[index] : ((const uint8_t *)data)[index];
}

static int16_t right_at(const iou_integer_right *r, size_t k, size_t n) {
    if (k >= r->depth || n >= r->columns) {
        return 0;
    }
    const size_t at = n * r->column_stride + k / r->inner * r->outer_stride +
                      k % r->inner * r->inner_stride;
    return (int16_t)(iou_integer_read(r->type, r->data, at) -
                     iou_integer_read(r->type, r->zeros, n * r->zero_step));
}

void iou_integer_pack(const iou_integer_kernels *kernels, const iou_integer_right *right,
                      size_t first, size_t count, int16_t *memory) {
    const size_t depth = 2 * iou_integer_pairs(right->depth);
    for (size_t panel = first; panel < first + count; panel++) {
        for (size_t k = 0; k < depth; k += 2) {
            for (size_t n = 0; n < kernels->columns; n++) {
                *memory++ = right_at(right, k, panel * kernels->columns + n);
                *memory++ = right_at(right, k + 1, panel * kernels->columns + n);
            }
        }
    }
}

void iou_integer_widen(iou_type type, const void *from, size_t n, int32_t zero, int16_t *to) {
    if (type == IOU_INT8) {
        const int8_t *x = from;
        for (size_t i = 0; i < n; i++) {
            to[i] = (int16_t)(x[i] - zero);
        }
    } else {
        const uint8_t *x = from;
        for (size_t i = 0; i < n; i++) {
            to[i] = (int16_t)(x[i] - zero);
        }
    }
}

void iou_integer_multiply(const iou_integer_kernels *kernels, const int16_t *left, size_t rows,
                          const iou_integer_right *right, const int16_t *packed, int16_t *panel,
                          const iou_integer_sink *sink) {
    int32_t sums[IOU_INTEGER_MOST_ROWS * IOU_INTEGER_MOST_COLUMNS];
    const size_t size = iou_integer_panel_size(kernels, right->depth);
    const size_t pairs = iou_integer_pairs(right->depth);
    for (size_t p = 0; p < iou_integer_panels(kernels, right->columns); p++) {
        const size_t column = p * kernels->columns;
        const size_t columns = iou_size_min(kernels->columns, right->columns - column);
        if (packed == NULL) {
            iou_integer_pack(kernels, right, p, 1, panel);
        }
        for (size_t row = 0; row < rows; row += kernels->rows) {
            const iou_integer_tile tile = {.left = left + row * 2 * pairs,
                                           .panel = packed != NULL ? packed + p * size : panel,
                                           .rows = iou_size_min(kernels->rows, rows - row),
                                           .pairs = pairs,
                                           .sums = sums};
            kernels->tile(&tile);
            for (size_t i = 0; i < tile.rows; i++) {
                sink->store(sink->context, row + i, column, columns, sums + i * kernels->columns);
            }
        }
    }
}

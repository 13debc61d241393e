#include "ops/quantize/integer_product.h"

#include "core/sizes.h"

#include <string.h>

const iou_integer_kernels *iou_integer_choose(iou_isa isa, bool fits) {
    static const iou_integer_kernels *const variants[] = {
#define IOU_INTEGER_VARIANT(symbol) &symbol,
#include "ops/quantize/integer_kernels.inc"
#undef IOU_INTEGER_VARIANT
    };
    const iou_integer_kernels *best = NULL;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        const bool suits = iou_isa_has(isa, variants[i]->isa) && (fits || !variants[i]->bytes);
        best = suits ? variants[i] : best;
    }
    return best;
}

/* ---- The right matrix ---------------------------------------------------------------------- */

static size_t in_group(const iou_integer_kernels *kernels) {
    return kernels->bytes ? 4 : 2;
}

static size_t groups_of(const iou_integer_kernels *kernels, size_t depth) {
    return iou_divide_up(depth, in_group(kernels));
}

size_t iou_integer_row_size(const iou_integer_kernels *kernels, size_t depth) {
    return iou_size_times(groups_of(kernels, depth), IOU_INTEGER_GROUP);
}

size_t iou_integer_panels(const iou_integer_kernels *kernels, size_t columns) {
    return iou_divide_up(columns, kernels->columns);
}

size_t iou_integer_panel_size(const iou_integer_kernels *kernels, size_t depth) {
    const size_t row = iou_integer_row_size(kernels, depth);
    return iou_size_times(row < SIZE_MAX / 2 ? row + sizeof(int32_t) : SIZE_MAX, kernels->columns);
}

int32_t iou_integer_read(iou_type type, const void *data, size_t index) {
    if (data == NULL) {
        return 0;
    }
    return type == IOU_INT8 ? ((const int8_t *)data)[index] : ((const uint8_t *)data)[index];
}

static int32_t right_at(const iou_integer_right *r, size_t k, size_t n) {
    if (k >= r->depth || n >= r->columns) {
        return 0;
    }
    const size_t at =
        n * r->column_stride + k / r->inner * r->outer_stride + k % r->inner * r->inner_stride;
    return iou_integer_read(r->type, r->data, at) -
           iou_integer_read(r->type, r->zeros, n * r->zero_step);
}

bool iou_integer_fits(const iou_integer_right *right) {
    bool fits = true;
    for (size_t n = 0; n < right->columns && fits; n++) {
        for (size_t k = 0; k < right->depth; k++) {
            const int32_t value = right_at(right, k, n);
            fits = fits && value >= INT8_MIN && value <= INT8_MAX;
        }
    }
    return fits;
}

void iou_integer_pack(const iou_integer_kernels *kernels, const iou_integer_right *right,
                      size_t first, size_t count, void *memory) {
    const size_t each = in_group(kernels), groups = groups_of(kernels, right->depth);
    for (size_t panel = first; panel < first + count; panel++) {
        int32_t *sums = memory;
        int16_t *words = (int16_t *)(void *)(sums + kernels->columns);
        int8_t *bytes = (int8_t *)words;
        memset(sums, 0, kernels->columns * sizeof *sums);
        for (size_t i = 0; i < groups * kernels->columns * each; i++) {
            const size_t n = i / each % kernels->columns;
            const size_t k = i / (each * kernels->columns) * each + i % each;
            const int32_t value = right_at(right, k, panel * kernels->columns + n);
            sums[n] = (int32_t)((uint32_t)sums[n] + (uint32_t)value);
            if (kernels->bytes) {
                bytes[i] = (int8_t)value;
            } else {
                words[i] = (int16_t)value;
            }
        }
        memory = (char *)memory + iou_integer_panel_size(kernels, right->depth);
    }
}

/* ---- The left matrix ----------------------------------------------------------------------- */

/* What is added to the bytes of a row, and so to their zero point, to make them uint8. */
static int32_t raised(const iou_integer_left *left) {
    return left->type == IOU_INT8 ? 128 : 0;
}

char *iou_integer_take(const iou_integer_left *left, const void *from, size_t n, char *to) {
    if (!left->kernels->bytes) {
        int16_t *words = (int16_t *)(void *)to;
        if (left->type == IOU_INT8) {
            left->loops->widen_i8(from, left->zero, words, n);
        } else {
            left->loops->widen_u8(from, left->zero, words, n);
        }
        return (char *)(words + n);
    }
    if (left->type == IOU_UINT8) {
        memcpy(to, from, n);
        return to + n;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = (char)(((const unsigned char *)from)[i] ^ 128u);
    }
    return to + n;
}

char *iou_integer_pad(const iou_integer_left *left, size_t n, char *to) {
    if (left->kernels->bytes) {
        memset(to, left->zero + raised(left), n);
        return to + n;
    }
    memset(to, 0, n * sizeof(int16_t));
    return to + n * sizeof(int16_t);
}

void iou_integer_end_row(const iou_integer_left *left, size_t depth, char *to) {
    const size_t used = left->kernels->bytes ? depth : depth * sizeof(int16_t);
    memset(to, 0, iou_integer_row_size(left->kernels, depth) - used);
}

bool iou_integer_is_row(const iou_integer_left *left, size_t depth) {
    return left->kernels->bytes && left->type == IOU_UINT8 && depth % in_group(left->kernels) == 0;
}

/* ---- The product --------------------------------------------------------------------------- */

/* Takes the zero point of whole bytes off: it times the sum of a column. */
static void correct(const iou_integer_left *left, const int32_t *columns, size_t rows,
                    int32_t *sums) {
    const uint32_t zero = (uint32_t)(left->zero + raised(left));
    const size_t n = left->kernels->columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < n; i++) {
            sums[row * n + i] =
                (int32_t)((uint32_t)sums[row * n + i] - zero * (uint32_t)columns[i]);
        }
    }
}

void iou_integer_multiply(const iou_integer_left *left, const char *values, size_t stride,
                          size_t rows, const iou_integer_right *right, const char *packed,
                          char *panel, const iou_integer_sink *sink) {
    _Alignas(64) int32_t sums[IOU_INTEGER_MOST_ROWS * IOU_INTEGER_MOST_COLUMNS];
    const iou_integer_kernels *kernels = left->kernels;
    const size_t size = iou_integer_panel_size(kernels, right->depth);
    for (size_t p = 0; p < iou_integer_panels(kernels, right->columns); p++) {
        const size_t column = p * kernels->columns;
        const size_t columns = iou_size_min(kernels->columns, right->columns - column);
        if (packed == NULL) {
            iou_integer_pack(kernels, right, p, 1, panel);
        }
        const int32_t *totals =
            (const int32_t *)(const void *)(packed != NULL ? packed + p * size : panel);
        for (size_t row = 0; row < rows; row += kernels->rows) {
            const iou_integer_tile tile = {.left = values + row * stride,
                                           .stride = stride,
                                           .panel = totals + kernels->columns,
                                           .rows = iou_size_min(kernels->rows, rows - row),
                                           .groups = groups_of(kernels, right->depth),
                                           .sums = sums};
            kernels->tile(&tile);
            if (kernels->bytes) {
                correct(left, totals, tile.rows, sums);
            }
            for (size_t i = 0; i < tile.rows; i++) {
                sink->store(sink->context, row + i, column, columns, sums + i * kernels->columns);
            }
        }
    }
}

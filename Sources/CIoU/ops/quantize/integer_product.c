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

/* Bytes of a packed column; SIZE_MAX: too many. */
static size_t depth_size(const iou_integer_kernels *kernels, const iou_integer_right *right) {
    const size_t pieces = right->outers / iou_size_max(1, right->piece);
    return iou_size_times(iou_integer_row_size(kernels, iou_size_times(right->piece, right->inner)),
                          pieces);
}

size_t iou_integer_panel_size(const iou_integer_kernels *kernels, const iou_integer_right *right) {
    const size_t depth = depth_size(kernels, right);
    return iou_size_times(depth < SIZE_MAX / 2 ? depth + sizeof(int32_t) : SIZE_MAX,
                          kernels->columns);
}

int32_t iou_integer_read(iou_type type, const void *data, size_t index) {
    if (data == NULL) {
        return 0;
    }
    return type == IOU_INT8 ? ((const int8_t *)data)[index] : ((const uint8_t *)data)[index];
}

static int32_t zero_of(const iou_integer_right *r, size_t n) {
    return iou_integer_read(r->type, r->zeros, n * r->zero_step);
}

/* Whether all numbers of a column without the zero point are int8. */
static bool column_fits(const iou_integer_right *r, size_t n) {
    const int32_t zero = zero_of(r, n);
    if (zero == (r->type == IOU_INT8 ? 0 : 128)) {
        return true;
    }
    const char *column = (const char *)r->data + n * r->column_stride;
    bool fits = true;
    for (size_t outer = 0; outer < r->outers; outer++) {
        for (size_t i = 0; i < r->inner; i++) {
            const size_t at = outer * r->outer_stride + i * r->inner_stride;
            const int32_t value = iou_integer_read(r->type, column, at) - zero;
            fits = fits && value >= INT8_MIN && value <= INT8_MAX;
        }
    }
    return fits;
}

bool iou_integer_fits(const iou_integer_right *right) {
    bool fits = true;
    for (size_t n = 0; n < right->columns && fits; n++) {
        fits = column_fits(right, n);
    }
    return fits;
}

/* Packs column n to `groups`, that of the panel's first group, and returns its sum. */
static int32_t pack_column(const iou_integer_kernels *kernels, const iou_integer_right *r, size_t n,
                           char *groups) {
    const size_t each = in_group(kernels), stride = kernels->columns * IOU_INTEGER_GROUP;
    const char *column = (const char *)r->data + n * r->column_stride;
    const int32_t zero = zero_of(r, n);
    uint32_t sum = 0;
    size_t k = 0;
    for (size_t outer = 0; outer < r->outers; outer++) {
        k = outer % r->piece == 0 ? iou_divide_up(k, each) * each : k;
        for (size_t i = 0; i < r->inner; i++, k++) {
            const size_t at = outer * r->outer_stride + i * r->inner_stride;
            const int32_t value = iou_integer_read(r->type, column, at) - zero;
            sum += (uint32_t)value;
            if (kernels->bytes) {
                groups[k / each * stride + k % each] = (char)value;
            } else {
                ((int16_t *)(void *)(groups + k / each * stride))[k % each] = (int16_t)value;
            }
        }
    }
    return (int32_t)sum;
}

void iou_integer_pack(const iou_integer_kernels *kernels, const iou_integer_right *right,
                      size_t first, size_t count, void *memory) {
    const size_t size = iou_integer_panel_size(kernels, right);
    for (size_t panel = first; panel < first + count; panel++) {
        const size_t column = panel * kernels->columns;
        const size_t columns = iou_size_min(kernels->columns, right->columns - column);
        int32_t *sums = memory;
        char *groups = (char *)(sums + kernels->columns);
        memset(memory, 0, size);
        for (size_t i = 0; i < columns; i++) {
            sums[i] = pack_column(kernels, right, column + i, groups + i * IOU_INTEGER_GROUP);
        }
        memory = (char *)memory + size;
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

/* ---- The product --------------------------------------------------------------------------- */

/* What the sums of a panel begin with: the zero point of whole bytes times the sum of each column
 * is taken off. */
static void find_starts(const iou_integer_factors *f, const int32_t *totals, size_t column,
                        size_t columns, int32_t *starts) {
    const uint32_t zero =
        f->left->kernels->bytes ? (uint32_t)(f->left->zero + raised(f->left)) : 0u;
    for (size_t i = 0; i < columns; i++) {
        const uint32_t bias = f->biases != NULL ? (uint32_t)f->biases[column + i] : 0u;
        starts[i] = (int32_t)(bias - zero * (uint32_t)totals[i]);
    }
}

/* Columns [column, column + columns). */
static iou_integer_bytes bytes_from(const iou_integer_bytes *all, size_t column, size_t columns) {
    iou_integer_bytes bytes = *all;
    bytes.columns = columns;
    bytes.factors += column;
    bytes.out += column;
    return bytes;
}

static iou_integer_rows rows_from(const iou_integer_rows *rows, size_t row) {
    iou_integer_rows rest = *rows;
    rest.at += row;
    return rest;
}

/* Gives the sums of a panel, whose first column is `column`, to the sink, a tile at a time. */
static void store_tiles(const iou_integer_kernels *kernels, const iou_integer_panel_product *all,
                        size_t column, const iou_integer_sink *sink) {
    _Alignas(64) int32_t sums[IOU_INTEGER_MOST_ROWS * IOU_INTEGER_MOST_COLUMNS];
    iou_integer_panel_product tile = *all;
    tile.sums = sums;
    for (size_t row = 0; row < all->rows; row += kernels->rows) {
        tile.left = rows_from(&all->left, row);
        tile.rows = iou_size_min(kernels->rows, all->rows - row);
        kernels->multiply(&tile);
        sink->store(sink->context, row, column,
                    &(iou_sums){sums, kernels->columns, tile.rows, all->columns});
    }
}

void iou_integer_multiply(const iou_integer_factors *factors, const iou_integer_sink *sink) {
    _Alignas(64) int32_t starts[IOU_INTEGER_MOST_COLUMNS] = {0};
    const iou_integer_kernels *kernels = factors->left->kernels;
    const iou_integer_right *right = factors->right;
    const size_t size = iou_integer_panel_size(kernels, right);
    const size_t last = factors->first_panel + factors->panels;
    const bool stores = sink->bytes != NULL && kernels->stores_bytes;
    for (size_t p = factors->first_panel; p < last; p++) {
        const size_t column = p * kernels->columns;
        const size_t columns = iou_size_min(kernels->columns, right->columns - column);
        const char *panel = factors->packed != NULL ? factors->packed + p * size : factors->panel;
        if (factors->packed == NULL) {
            iou_integer_pack(kernels, right, p, 1, factors->panel);
        }
        const int32_t *totals = (const int32_t *)(const void *)panel;
        find_starts(factors, totals, column, columns, starts);
        iou_integer_panel_product product = {.left = factors->rows,
                                             .rows = factors->rows.count,
                                             .panel = totals + kernels->columns,
                                             .columns = columns,
                                             .starts = starts};
        if (stores) {
            const iou_integer_bytes bytes = bytes_from(sink->bytes, column, columns);
            product.bytes = &bytes;
            kernels->multiply(&product);
        } else {
            store_tiles(kernels, &product, column, sink);
        }
    }
}

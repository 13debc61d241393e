/*
 * The body of the tiles: the includer says SUMS (a vector of int32), SUMS_LANES,
 * SUMS_SET(int32), SUMS_LOAD(pointer), SUMS_STORE(pointer, sums) and SUMS_ADD(sums, left, right),
 * which adds the products of groups, ROWS (6 or 8), and its target.
 */
#include "ops/quantize/integer_product.h"

enum { VECTORS = 2, COLUMNS = VECTORS * SUMS_LANES };

IOU_INLINE SUMS group_at(const char *left) {
    int32_t group;
    __builtin_memcpy(&group, left, sizeof group);
    return SUMS_SET(group);
}

#ifdef BYTE_VECTOR /* see byte_vectors.h */

enum { STORES_BYTES = 1 };

/* Two rows at a time, as uint8; int8 are those less 128. */
IOU_INLINE void store_bytes(const iou_integer_bytes *given, size_t row, int rows,
                            SUMS sums[ROWS][VECTORS]) {
    const iou_integer_bytes b = *given; /* which the output may be a part of */
    uint8_t *const first = b.out + row * b.stride;
    const REALS factors[] = {REALS_LOAD(b.factors), REALS_LOAD(b.factors + SUMS_LANES)};
    const SUMS zero = BYTE_SET16((int16_t)(b.zero + (b.is_signed ? 128 : 0)));
    const SUMS flips = BYTE_SET8((char)(b.is_signed ? 128 : 0));
    const bool whole = b.columns == COLUMNS;
    uint8_t some[ROWS * COLUMNS];
    uint8_t *const out = whole ? first : some;
    const size_t stride = whole ? b.stride : COLUMNS;
    IOU_UNROLLED
    for (int r = 0; r < rows; r += 2) {
        const int both[] = {r, r + 1 < rows ? r + 1 : r};
        SUMS words[2];
        IOU_UNROLLED
        for (int i = 0; i < 2; i++) {
            const REALS low = REALS_TIMES(REALS_OF(sums[both[i]][0]), factors[0]);
            const REALS high = REALS_TIMES(REALS_OF(sums[both[i]][1]), factors[1]);
            words[i] = BYTE_PLUS16(BYTE_PACK16(REALS_ROUNDED(low), REALS_ROUNDED(high)), zero);
        }
        const SUMS bytes = BYTE_XOR(BYTE_PACK8(words[0], words[1]), flips);
        const SUMS ordered = BYTE_IN_ORDER(bytes);
        BYTE_STORE_HALVES(out + (size_t)both[0] * stride, out + (size_t)both[1] * stride, ordered);
    }
    for (int r = 0; r < rows && !whole; r++) {
        __builtin_memcpy(first + (size_t)r * b.stride, some + r * COLUMNS, b.columns);
    }
}

#define STORE_BYTES(bytes, row, rows, sums) store_bytes(bytes, row, rows, sums)

#else

enum { STORES_BYTES = 0 };
#define STORE_BYTES(bytes, row, rows, sums) ((void)0)

#endif

/* Rows from `row` on, by one vector or both of the panel. */
IOU_INLINE void rows_of(const iou_integer_panel_product *t, size_t row, int rows, int vectors) {
    SUMS sums[ROWS][VECTORS];
    IOU_UNROLLED
    for (int r = 0; r < rows; r++) {
        sums[r][0] = SUMS_LOAD(t->starts);
        sums[r][1] = vectors == VECTORS ? SUMS_LOAD(t->starts + SUMS_LANES) : SUMS_SET(0);
    }
    const char *panel = t->panel;
    for (size_t tap = 0; tap < t->left.taps; tap++) {
        const char *const *left = t->left.at + tap * t->left.count + row;
        for (size_t k = 0; k < t->left.groups * IOU_INTEGER_GROUP; k += IOU_INTEGER_GROUP) {
            const SUMS a = SUMS_LOAD(panel), b = SUMS_LOAD(panel + sizeof(SUMS));
            panel += VECTORS * sizeof(SUMS);
            IOU_UNROLLED
            for (int r = 0; r < rows; r++) {
                const SUMS group = group_at(left[r] + k);
                sums[r][0] = SUMS_ADD(sums[r][0], group, a);
                sums[r][1] = vectors == VECTORS ? SUMS_ADD(sums[r][1], group, b) : sums[r][1];
            }
        }
    }
    if (STORES_BYTES && t->bytes != NULL) {
        STORE_BYTES(t->bytes, row, rows, sums);
        return;
    }
    int32_t *to = t->sums + row * COLUMNS;
    IOU_UNROLLED
    for (int r = 0; r < rows; r++, to += COLUMNS) {
        SUMS_STORE(to, sums[r][0]);
        SUMS_STORE(to + SUMS_LANES, sums[r][1]);
    }
}

IOU_INLINE void tiles_of(const iou_integer_panel_product *t, int vectors) {
    size_t row = 0;
    for (; row + ROWS <= t->rows; row += ROWS) {
        rows_of(t, row, ROWS, vectors);
    }
    switch (t->rows - row) {
    case 0: break;
    case 1: rows_of(t, row, 1, vectors); break;
    case 2: rows_of(t, row, 2, vectors); break;
    case 3: rows_of(t, row, 3, vectors); break;
    case 4: rows_of(t, row, 4, vectors); break;
#if ROWS > 6
    case 5: rows_of(t, row, 5, vectors); break;
    case 6: rows_of(t, row, 6, vectors); break;
    default: rows_of(t, row, 7, vectors); break;
#else
    default: rows_of(t, row, 5, vectors); break;
#endif
    }
}

static void multiply(const iou_integer_panel_product *t) {
    if (t->columns > SUMS_LANES) {
        tiles_of(t, 2);
    } else {
        tiles_of(t, 1);
    }
}

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

/* Two rows at a time. */
IOU_INLINE void store_bytes(const iou_integer_bytes *given, int rows, SUMS sums[ROWS][VECTORS]) {
    const iou_integer_bytes b = *given; /* which the output may be a part of */
    const REALS factors[] = {REALS_LOAD(b.factors), REALS_LOAD(b.factors + SUMS_LANES)};
    const SUMS zero = BYTE_SET16((int16_t)b.zero);
    IOU_UNROLLED
    for (int r = 0; r < rows; r += 2) {
        const int row[] = {r, r + 1 < rows ? r + 1 : r};
        SUMS words[2];
        IOU_UNROLLED
        for (int i = 0; i < 2; i++) {
            const REALS low = REALS_TIMES(REALS_OF(sums[row[i]][0]), factors[0]);
            const REALS high = REALS_TIMES(REALS_OF(sums[row[i]][1]), factors[1]);
            words[i] = BYTE_PLUS16(BYTE_PACK16(REALS_ROUNDED(low), REALS_ROUNDED(high)), zero);
        }
        const SUMS bytes =
            b.is_signed ? BYTE_PACK8_SIGNED(words[0], words[1]) : BYTE_PACK8(words[0], words[1]);
        const SUMS ordered = BYTE_IN_ORDER(bytes);
        uint8_t *const out[] = {b.out + (size_t)row[0] * b.stride,
                                b.out + (size_t)row[1] * b.stride};
        if (b.columns == COLUMNS) {
            BYTE_STORE_HALVES(out[0], out[1], ordered);
        } else {
            uint8_t all[2][COLUMNS];
            BYTE_STORE_HALVES(all[0], all[1], ordered);
            __builtin_memcpy(out[0], all[0], b.columns);
            __builtin_memcpy(out[1], all[1], b.columns);
        }
    }
}

#define STORE_BYTES(bytes, rows, sums) store_bytes(bytes, rows, sums)

#else

enum { STORES_BYTES = 0 };
#define STORE_BYTES(bytes, rows, sums) ((void)0)

#endif

/* Of one vector or both of the panel. */
IOU_INLINE void rows_of(const iou_integer_tile *t, int rows, int vectors) {
    SUMS sums[ROWS][VECTORS];
    IOU_UNROLLED
    for (int r = 0; r < rows; r++) {
        sums[r][0] = SUMS_LOAD(t->starts);
        sums[r][1] = vectors == VECTORS ? SUMS_LOAD(t->starts + SUMS_LANES) : SUMS_SET(0);
    }
    const char *panel = t->panel;
    for (size_t tap = 0; tap < t->left.taps; tap++) {
        const char *const *left = t->left.at + tap * t->left.count;
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
        STORE_BYTES(t->bytes, rows, sums);
        return;
    }
    IOU_UNROLLED
    for (int r = 0; r < rows; r++) {
        SUMS_STORE(t->sums + r * COLUMNS, sums[r][0]);
        SUMS_STORE(t->sums + r * COLUMNS + SUMS_LANES, sums[r][1]);
    }
}

IOU_INLINE void tile_of(const iou_integer_tile *t, int vectors) {
    switch (t->rows) {
    case 1: rows_of(t, 1, vectors); break;
    case 2: rows_of(t, 2, vectors); break;
    case 3: rows_of(t, 3, vectors); break;
    case 4: rows_of(t, 4, vectors); break;
    case 5: rows_of(t, 5, vectors); break;
#if ROWS > 6
    case 6: rows_of(t, 6, vectors); break;
    case 7: rows_of(t, 7, vectors); break;
#endif
    default: rows_of(t, ROWS, vectors); break;
    }
}

static void tile(const iou_integer_tile *t) {
    if (t->columns > SUMS_LANES) {
        tile_of(t, 2);
    } else {
        tile_of(t, 1);
    }
}

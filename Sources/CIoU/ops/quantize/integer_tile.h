/*
 * The body of the tiles: the includer says SUMS (a vector of int32), SUMS_LANES,
 * SUMS_SET(int32), SUMS_LOAD(pointer), SUMS_STORE(pointer, sums) and SUMS_ADD(sums, left, right),
 * which adds the products of groups, ROWS (up to 8), and its target.
 */
#include "ops/quantize/integer_product.h"

enum { VECTORS = 2, COLUMNS = VECTORS * SUMS_LANES };

IOU_INLINE SUMS group_at(const char *left) {
    int32_t group;
    __builtin_memcpy(&group, left, sizeof group);
    return SUMS_SET(group);
}

IOU_INLINE void rows_of(const iou_integer_tile *t, int rows) {
    SUMS sums[ROWS][VECTORS];
    IOU_UNROLLED
    for (int r = 0; r < rows; r++) {
        sums[r][0] = SUMS_LOAD(t->starts);
        sums[r][1] = SUMS_LOAD(t->starts + SUMS_LANES);
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
                sums[r][1] = SUMS_ADD(sums[r][1], group, b);
            }
        }
    }
    IOU_UNROLLED
    for (int r = 0; r < rows; r++) {
        SUMS_STORE(t->sums + r * COLUMNS, sums[r][0]);
        SUMS_STORE(t->sums + r * COLUMNS + SUMS_LANES, sums[r][1]);
    }
}

static void tile(const iou_integer_tile *t) {
    switch (t->rows) {
    case 1: rows_of(t, 1); break;
    case 2: rows_of(t, 2); break;
    case 3: rows_of(t, 3); break;
#if ROWS > 4
    case 4: rows_of(t, 4); break;
    case 5: rows_of(t, 5); break;
#endif
#if ROWS > 6
    case 6: rows_of(t, 6); break;
    case 7: rows_of(t, 7); break;
#endif
    default: rows_of(t, ROWS); break;
    }
}

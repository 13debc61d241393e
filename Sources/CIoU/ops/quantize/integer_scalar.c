/* The meaning of a tile of integers, in plain loops. */
#include "ops/quantize/integer_product.h"

#include <string.h>

enum { ROWS = 4, COLUMNS = 16 };

/* Adds the products of a row's groups under one tap to sums, which wrap. */
static void add_tap(const int16_t *left, const int16_t *right, size_t groups, uint32_t *sums) {
    for (size_t k = 0; k < groups; k++) {
        const int32_t first = left[2 * k], second = left[2 * k + 1];
        for (size_t n = 0; n < COLUMNS; n++, right += 2) {
            sums[n] += (uint32_t)(first * right[0] + second * right[1]);
        }
    }
}

static void multiply(const iou_integer_panel_product *t) {
    const iou_integer_rows *left = &t->left;
    for (size_t row = 0; row < t->rows; row++) {
        uint32_t sums[COLUMNS];
        memcpy(sums, t->starts, sizeof sums);
        for (size_t tap = 0; tap < left->taps; tap++) {
            add_tap((const int16_t *)(const void *)left->at[tap * left->count + row],
                    (const int16_t *)t->panel + tap * left->groups * 2 * COLUMNS, left->groups,
                    sums);
        }
        memcpy(t->sums + row * COLUMNS, sums, sizeof sums);
    }
}

const iou_integer_kernels iou_integer_scalar = {IOU_ISA_SCALAR, ROWS,  COLUMNS,
                                                false,          false, multiply};

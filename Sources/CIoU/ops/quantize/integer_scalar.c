/* The meaning of a tile of integers, in plain loops. */
#include "ops/quantize/integer_product.h"

enum { ROWS = 4, COLUMNS = 16 };

static void tile(const iou_integer_tile *t) {
    for (size_t row = 0; row < t->rows; row++) {
        const int16_t *left = (const int16_t *)(const void *)(t->left + row * t->stride);
        uint32_t sums[COLUMNS] = {0}; /* which wrap */
        for (size_t k = 0; k < t->groups; k++) {
            const int32_t first = left[2 * k], second = left[2 * k + 1];
            const int16_t *right = (const int16_t *)t->panel + k * 2 * COLUMNS;
            for (size_t n = 0; n < COLUMNS; n++) {
                sums[n] += (uint32_t)(first * right[2 * n] + second * right[2 * n + 1]);
            }
        }
        for (size_t n = 0; n < COLUMNS; n++) {
            t->sums[row * COLUMNS + n] = (int32_t)sums[n];
        }
    }
}

const iou_integer_kernels iou_integer_scalar = {IOU_ISA_SCALAR, ROWS, COLUMNS, false, tile};

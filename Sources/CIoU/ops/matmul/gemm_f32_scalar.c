/* The meaning of a tile, in plain loops. */
#include "core/clamp.h"
#include "ops/matmul/gemm.h"

enum { ROWS = 4, COLUMNS = 8 };

static void tile_load(const iou_gemm_tile *t, size_t rows, float sums[ROWS][COLUMNS]) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < COLUMNS; j++) {
            const bool resume = !t->first && j < t->columns;
            sums[i][j] = resume ? t->c[i * t->c_stride + j] : 0.0F;
        }
    }
}

static void tile_store(const iou_gemm_tile *t, size_t rows, float sums[ROWS][COLUMNS]) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < t->columns; j++) {
            float sum = t->last ? sums[i][j] + t->bias[j] : sums[i][j];
            if (t->last && t->residual != NULL) {
                sum += t->residual[i][t->residual_offset + j];
            }
            if (t->last) {
                sum = iou_clamp_f32(sum, t->lo, t->hi);
            }
            t->c[i * t->c_stride + j] = sum;
        }
    }
}

static void tile_scalar(const iou_gemm_tile *t, size_t rows) {
    float sums[ROWS][COLUMNS];
    tile_load(t, rows, sums);
    const float *b = t->b;
    for (size_t tap = 0; tap < t->taps; tap++) {
        for (size_t k = 0; k < t->depth; k++) {
            for (size_t i = 0; i < rows; i++) {
                const float a = t->a[tap * t->a_stride + i][t->a_offset + k];
                for (size_t j = 0; j < COLUMNS; j++) {
                    sums[i][j] += a * b[j];
                }
            }
            b += COLUMNS;
        }
    }
    tile_store(t, rows, sums);
}

static void tile_1(const iou_gemm_tile *t) {
    tile_scalar(t, 1);
}
static void tile_2(const iou_gemm_tile *t) {
    tile_scalar(t, 2);
}
static void tile_3(const iou_gemm_tile *t) {
    tile_scalar(t, 3);
}
static void tile_4(const iou_gemm_tile *t) {
    tile_scalar(t, 4);
}

const iou_gemm_kernels iou_gemm_f32_4x8_scalar = {
    .name = "4x8",
    .isa = IOU_ISA_SCALAR,
    .rows = ROWS,
    .columns = COLUMNS,
    .narrow = 0,
    .slim_rows = ROWS,
    .wide = {NULL, tile_1, tile_2, tile_3, tile_4},
    .slim = {NULL, tile_1, tile_2, tile_3, tile_4},
};

/* Products of matrices by OpenBLAS, from the same packed panels. */
#include "core/blas.h"
#include "core/clamp.h"
#include "core/sizes.h"
#include "ops/matmul/gemm.h"

/* OpenBLAS copies both operands of each product: enough rows and columns make that cheap. */
enum { ROWS = 64, COLUMNS = 128 };

/* Adds the panel's bias, and clamps. */
static void finish_rows(const iou_gemm_product *p, const float *bias, size_t rows, size_t columns,
                        float *c) {
    for (size_t i = 0; i < rows; i++, c += p->c_stride) {
        for (size_t j = 0; j < columns; j++) {
            c[j] = iou_clamp_f32(c[j] + bias[j], p->lo, p->hi);
        }
    }
}

static void product_blas(const iou_gemm_product *product, size_t row, size_t rows, size_t panel,
                         size_t panels) {
    const iou_gemm_product *p = product;
    for (size_t i = panel; i < panel + panels; i++) {
        const float *bias = p->packed + i * (p->depth + 1) * COLUMNS;
        const size_t columns = iou_size_min(p->columns - i * COLUMNS, COLUMNS);
        float *c = p->c + row * p->c_stride + i * COLUMNS;
        iou_blas_multiply(&(iou_blas_product){.rows = rows,
                                              .columns = columns,
                                              .depth = p->depth,
                                              .a = p->a + row * p->a_stride,
                                              .a_stride = p->a_stride,
                                              .b = bias + COLUMNS,
                                              .b_stride = COLUMNS,
                                              .c = c,
                                              .c_stride = p->c_stride});
        if (!p->bare) {
            finish_rows(p, bias, rows, columns, c);
        }
    }
}

const iou_gemm_kernels iou_gemm_f32_blas = {
    .name = "OpenBLAS",
    .isa = IOU_ISA_BLAS,
    .rows = ROWS,
    .columns = COLUMNS,
    .product = product_blas,
};

/* Steps that multiply matrices: MatMul and Gemm. */
#ifndef IOU_MATRIX_PRODUCT_H
#define IOU_MATRIX_PRODUCT_H

#include "ops/strided_iterator.h"

/** Types that have products: float32 through the micro-kernels, others in plain loops. */
extern const iou_type iou_product_types[];

/**
 * C = alpha A B + beta D for a batch of matrices. A is [rows, depth], or [depth, rows] where it is
 * transposed; B likewise. D (input 2) has strides of its own, 0 where it broadcasts.
 */
typedef struct iou_product {
    iou_type type;
    size_t rows, depth, columns;
    iou_iterator
        batch; /**< over the matrices of C; operands 0 and 1: where those of A and B begin */
    bool transposed_a, transposed_b;
    float alpha, beta;
    bool adds; /**< D is there */
    size_t add_row, add_column;
} iou_product;

/** Prepares the step; `batch` must be finished. */
iou_status iou_prepare_product(const iou_prepare *prepare, const iou_product *product);

/** iou_op.absorbs of both. */
bool iou_product_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption);

#endif

/* Shapes of NumPy's matmul, for every operator that multiplies so. */
#ifndef IOU_MATMUL_H
#define IOU_MATMUL_H

#include "ops/strided_iterator.h"

/** A batch of products of matrices; a vector on the left is a row, on the right a column. */
typedef struct iou_matmul_shape {
    size_t rows, depth, columns;
    iou_iterator batch; /**< over the products; operands 0 and 1: where those of A and B begin */
} iou_matmul_shape;

/** The output's shape from those of the operands. */
iou_status iou_matmul_infer_shape(const iou_infer *infer, const iou_fact *a, const iou_fact *b);

/** `merges`: where one matrix B serves all, matrices of A may become one. */
iou_matmul_shape iou_matmul_shape_of(const iou_operand *a, const iou_operand *b,
                                     const iou_operand *out, bool merges);

/** Dimensions of the output before its matrices. */
int iou_matmul_batch_rank(const iou_operand *a, const iou_operand *b, const iou_operand *out);

/** Adds an operand to an iterator over these: a value of matrices of `matrix` elements. */
void iou_matmul_batch(iou_iterator *batch, int rank, const iou_operand *out, const iou_operand *x,
                      int64_t matrix);

#endif

/* The integer form of MatMul and Gemm. */
#ifndef IOU_INTEGER_MATMUL_H
#define IOU_INTEGER_MATMUL_H

#include "ops/op.h"

typedef struct iou_integer_matmul_attributes {
    bool transposed; /**< the right matrix, of rank 2 */
    float lo, hi;    /**< limits of what is quantized */
} iou_integer_matmul_attributes;

/** QLinearMatMul, whose zero points may be absent, with int32 sums to add and limits. */
extern const iou_op iou_op_integer_matmul;

/** iou_op.integer_form of MatMul: of an output of bytes. */
iou_status iou_matmul_integer_form(const struct iou_integer_query *query, iou_node *made,
                                   bool *accepted);

/** The same of a product whose right matrix may be transposed, and which may add input 2. */
iou_status iou_product_integer_form(const struct iou_integer_query *query, bool transposed,
                                    iou_node *made, bool *accepted);

#endif

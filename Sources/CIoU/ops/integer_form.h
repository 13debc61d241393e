/*
 * What a node becomes whose operands are dequantized and whose output is quantized: one that
 * computes with the integers. Facts are the model's: types and constants are known, dimensions may
 * not be.
 */
#ifndef IOU_INTEGER_FORM_H
#define IOU_INTEGER_FORM_H

#include "ops/op.h"

typedef struct iou_integer_query {
    const iou_node *node; /**< of floats */
    const iou_fact *facts;
    const iou_node *const *dequantizers; /**< of each input; NULL: it is not dequantized */
    const iou_node *const *producers;    /**< what computes each input; NULL: a node does not */
    const iou_node *const *operands;     /**< what computes their integers; NULL: a node does not */
    const iou_node *quantizer;           /**< NULL: the output is of floats */
    float lo, hi;                        /**< between node and quantizer: min(max(x, lo), hi) */
    iou_arena *memory;
    iou_error *error;
} iou_integer_query;

/** A quantized operand: values of the model, IOU_NO_VALUE where they are absent. */
typedef struct iou_quantized_operand {
    int value, scale, zero;
} iou_quantized_operand;

/** What a node dequantizes, or quantizes to. */
iou_quantized_operand iou_quantized_operand_of(const iou_node *node);

/** Whether it is of bytes, by one constant float32 scale, positive and finite, and one constant
 * zero point. */
bool iou_is_quantized_whole(const iou_fact *facts, const iou_quantized_operand *operand);

/** Whether two such have the same type, scale and zero point. */
bool iou_is_quantized_alike(const iou_fact *facts, const iou_quantized_operand *one,
                            const iou_quantized_operand *other);

/** The numbers of such an operand. */
float iou_quantized_scale(const iou_fact *facts, const iou_quantized_operand *operand);
int32_t iou_quantized_zero(const iou_fact *facts, const iou_quantized_operand *operand);

/** Whether a node dequantizes constant bytes by one scale, or by one for each index of an axis. */
bool iou_is_quantized_along(const iou_fact *facts, const iou_node *dequantizer, int axis);

/** The value that a form of products with constant weights adds: input 2 as int32 sums, where it
 * was quantized by the product of both scales, or as floats; IOU_NO_VALUE where there is none;
 * false where it is neither. */
bool iou_integer_form_bias(const iou_integer_query *query, int *value);

/** Fills in a node's operator, inputs (copied) and attributes. */
iou_status iou_integer_form_make(const iou_integer_query *query, const iou_op *op,
                                 const int *inputs, int count, const void *attributes,
                                 iou_node *made);

#endif

/* The integer form of a function of one element: a table of the 256 bytes. */
#ifndef IOU_BYTE_TABLE_H
#define IOU_BYTE_TABLE_H

#include "ops/integer_form.h"

enum { IOU_BYTE_TABLE = 256 };

/** iou_op.integer_form of operators that are a function in an epilogue. */
iou_status iou_function_integer_form(const iou_integer_query *query, iou_node *made,
                                     bool *accepted);

/** The same of x * f(x), whose f is computed in floats: input `input` is dequantized, the other
 * made of it. */
iou_status iou_gate_integer_form(const iou_integer_query *query, int input, iou_node *made,
                                 bool *accepted);

/** The table, by the bits of the input, that a node looks its input up in; NULL: it is no such. */
const uint8_t *iou_byte_table_of(const iou_node *node);

/** The table from the bytes of `x` to those of `y` that stand for the same numbers. */
void iou_byte_table_rescale(const iou_integer_query *query, const iou_quantized_operand *x,
                            const iou_quantized_operand *y, uint8_t bytes[IOU_BYTE_TABLE]);

/** Makes a node that does. */
iou_status iou_byte_table_make(const iou_integer_query *query, int input, iou_type out,
                               const uint8_t bytes[IOU_BYTE_TABLE], iou_node *made);

#endif

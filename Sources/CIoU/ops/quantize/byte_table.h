/* The integer form of a function of one element: a table of the 256 bytes. */
#ifndef IOU_BYTE_TABLE_H
#define IOU_BYTE_TABLE_H

#include "ops/op.h"

/** iou_op.integer_form of operators that are a function in an epilogue. */
iou_status iou_function_integer_form(const struct iou_integer_query *query, iou_node *made,
                                     bool *accepted);

#endif

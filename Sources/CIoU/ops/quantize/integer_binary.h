/* The integer forms of Add and Mul of values of one shape. */
#ifndef IOU_INTEGER_BINARY_H
#define IOU_INTEGER_BINARY_H

#include "ops/op.h"

/** iou_op.integer_form of binary operators; accepts the two. */
iou_status iou_binary_integer_form(const struct iou_integer_query *query, iou_node *made,
                                   bool *accepted);

#endif

/* The integer form of Concat. */
#ifndef IOU_INTEGER_CONCAT_H
#define IOU_INTEGER_CONCAT_H

#include "ops/op.h"

/** iou_op.integer_form of Concat: of inputs that are not all quantized as the output is. */
iou_status iou_concat_integer_form(const struct iou_integer_query *query, iou_node *made,
                                   bool *accepted);

#endif

/* The integer form of Conv. */
#ifndef IOU_INTEGER_CONV_H
#define IOU_INTEGER_CONV_H

#include "ops/op.h"

/** QLinearConv, whose zero points may be absent, whose bias and output may be of floats and
 * whose output may have limits. */
extern const iou_op iou_op_integer_conv;

/** iou_op.integer_form of Conv: of constant weights and an output of bytes or floats. */
iou_status iou_conv_integer_form(const struct iou_integer_query *query, iou_node *made,
                                 bool *accepted);

#endif

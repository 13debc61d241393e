/* The integer forms of AveragePool and GlobalAveragePool. */
#ifndef IOU_INTEGER_AVERAGE_H
#define IOU_INTEGER_AVERAGE_H

#include "ops/op.h"

/** iou_op.integer_form: of averages that divide by the pixels that they sum. */
iou_status iou_average_integer_form(const struct iou_integer_query *query, iou_node *made,
                                    bool *accepted);

#endif

/* The axis of Softmax, LogSoftmax and Hardmax, which before opset 13 take the dimensions from it on
 * as one. */
#ifndef IOU_FLAT_AXIS_H
#define IOU_FLAT_AXIS_H

#include "ops/op.h"

typedef struct iou_flat_axis {
    bool flat;
    bool given; /**< else it is the last, or, where flat, 1 */
    int64_t axis;
} iou_flat_axis;

void iou_flat_axis_parse(const iou_parse *parse, iou_flat_axis *axis);

/** Not yet checked against the rank. */
int64_t iou_flat_axis_of(const iou_flat_axis *axis, int rank);

#endif

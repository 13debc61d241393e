/* Sums of values that Concat interleaves, without the stack that it would make. */
#ifndef IOU_STACKED_SUM_H
#define IOU_STACKED_SUM_H

#include "ops/op.h"

/** Whether a node may be such a Concat. */
bool iou_stacked_sum_takes(const iou_node *producer);

/** Lets the step of a sum over `stacked` neighbouring floats, for each of `count`, read the inputs
 * of the Concat `inner` instead, if it interleaves as many; else it stays as it is. */
iou_status iou_stacked_sum_fuse(const iou_prepare *prepare, const iou_step *inner, size_t stacked,
                                size_t count, bool *fused);

#endif

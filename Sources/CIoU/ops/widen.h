/*
 * Element types that an operator has no kernels for, computed in a wider one: inputs are converted,
 * the operator runs, outputs are converted back. What an operator takes in this way is in its
 * descriptor; it sees the wide types alone.
 */
#ifndef IOU_WIDEN_H
#define IOU_WIDEN_H

#include "ops/op.h"

/** Whether a node's step is widened. Types may be unknown: then it is not yet. */
bool iou_is_widened(const iou_node *node, const iou_fact *facts);

/** op->infer and op->prepare, with the types that they know. */
iou_status iou_widen_infer(const iou_infer *infer);
iou_status iou_widen_prepare(const iou_prepare *prepare);

#endif

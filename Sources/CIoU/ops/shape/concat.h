/* What steps may ask that take a Concat into themselves. */
#ifndef IOU_CONCAT_H
#define IOU_CONCAT_H

#include "ops/op.h"

/** Whether a step interleaves its inputs: element i of input k becomes element i * inputs + k. */
bool iou_concat_interleaves(const iou_step *step, size_t element, size_t inputs);

#endif

/* What a step that ends with a Clip asks of it. */
#ifndef IOU_CLIP_H
#define IOU_CLIP_H

#include "ops/op.h"

/**
 * The limits of a Clip of 32-bit floats whose further inputs are constants or absent; `facts` of
 * the model's values.
 */
void iou_clip_limits(const iou_node *node, const iou_fact *facts, float *lo, float *hi);

#endif

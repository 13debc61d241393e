/* What ScatterND and ScatterElements do with an update: replace, add, multiply, maximum, minimum.
 */
#ifndef IOU_SCATTER_COMBINE_H
#define IOU_SCATTER_COMBINE_H

#include "ops/op.h"

/** Combines n updates into as many neighbouring elements. */
typedef void (*iou_combine)(void *to, const void *from, size_t n);

/** Reports an attribute `reduction` that is unknown or does not go with the type. */
iou_status iou_combine_check(const iou_infer *infer, iou_type type);
/** The function for attribute `reduction` and a type; NULL: the update replaces. */
iou_combine iou_combine_find(const iou_node *node, iou_type type);

/** The known elements of a vector (input 0) with known ones (2, at 1) replaced, where it is known.
 */
iou_status iou_scatter_value(const iou_infer *infer, iou_fact *out);

#endif

/* What ScatterND and ScatterElements do with an update: replace, add, multiply, maximum, minimum.
 */
#ifndef IOU_SCATTER_COMBINE_H
#define IOU_SCATTER_COMBINE_H

#include "ops/op.h"

/** Combines n updates into as many neighbouring elements. */
typedef void (*iou_combine)(void *to, const void *from, size_t n);

/** The attributes of both. */
typedef struct iou_scatter_attributes {
    const struct iou_combine_row *row; /**< of attribute `reduction`; NULL: updates replace */
    int64_t axis;                      /**< of ScatterElements */
} iou_scatter_attributes;

iou_status iou_scatter_parse(const iou_parse *parse);

/** Inputs are data, indices of the types `indices`, and updates of data's type; reports also a
 * reduction that does not go with the type. */
iou_status iou_scatter_check(const iou_infer *infer, const iou_type *indices);
/** The function for attribute `reduction` and a type; NULL: the update replaces. */
iou_combine iou_combine_find(const iou_node *node, iou_type type);

/** The known elements of a vector (input 0) with known ones (2, at 1) replaced, where it is known.
 */
iou_status iou_scatter_value(const iou_infer *infer, iou_fact *out);

/** The step of both: one task, because of several updates of an element the last one stays. */
iou_step iou_scatter_step(iou_run_task run, const void *params);

#endif

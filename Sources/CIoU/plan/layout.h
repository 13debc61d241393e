/* Between the plain order of dimensions and the others. */
#ifndef IOU_LAYOUT_H
#define IOU_LAYOUT_H

#include "ops/op.h"

/** Whether `operand` (in its layout) is the same bytes in layout `to`, as with one channel or one
 * pixel. One of both is plain. */
bool iou_layout_trivial(const iou_operand *operand, iou_layout to);

/** Fills a step that copies `operand` into layout `to`. */
iou_status iou_layout_step(iou_step *step, const iou_operand *operand, iou_layout to,
                           iou_arena *memory, iou_error *error);

/** Fills a step that copies a pitched `operand` into a dense value of the same layout. */
iou_status iou_layout_dense_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                                 iou_error *error);

/** The same as iou_layout_step at once, for constants. */
void iou_layout_copy(void *to, const void *from, const iou_operand *operand, iou_layout layout);

#endif

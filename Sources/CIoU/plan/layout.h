/* Between the plain order of dimensions (N, C, spatial…) and channels last (N, spatial…, C). */
#ifndef IOU_LAYOUT_H
#define IOU_LAYOUT_H

#include "ops/op.h"

/** Whether both orders are the same bytes: one channel, or one pixel. */
bool iou_layout_trivial(const iou_operand *operand);

/** Fills a step that copies `operand` (in its layout) into the other layout. */
iou_status iou_layout_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                           iou_error *error);

/** Fills a step that copies a pitched `operand` into a dense value of the same layout. */
iou_status iou_layout_dense_step(iou_step *step, const iou_operand *operand, iou_arena *memory,
                                 iou_error *error);

/** The same as iou_layout_step at once, for constants. */
void iou_layout_copy(void *to, const void *from, const iou_operand *operand);

#endif

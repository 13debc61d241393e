/* IoU maps that make no mistakes. */
#ifndef IOU_TRUE_IOU_H
#define IOU_TRUE_IOU_H

#include "detect/postprocess/heads.h"
#include "iou/oracle.h"

/**
 * Replaces the IoU maps of the heads, which may have none, by ones in `memory`: of every anchor of
 * the first `count` pictures, the overlap of its box as it would be reported with that of the
 * picture's truths which it overlaps most. `params` afterwards say that there are such maps, and of
 * what kind; it still owns nothing that it did not own before.
 */
iou_status iou_true_iou_maps(iou_heads *heads, iou_detector_params *params,
                             const iou_letterbox *letterboxes, const iou_truth *truths,
                             size_t count, iou_buffer *memory, iou_error *error);

#endif

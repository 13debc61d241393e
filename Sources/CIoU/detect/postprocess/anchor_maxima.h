#ifndef IOU_ANCHOR_MAXIMA_H
#define IOU_ANCHOR_MAXIMA_H

#include "detect/postprocess/level_view.h"
#include "detect/postprocess/class_max.h"

/** From the number of a cell to the next cell's, and of an anchor to the cell's next one's. */
typedef struct iou_anchor_steps {
    size_t cell, anchor;
} iou_anchor_steps;

/**
 * The largest class value of every anchor of the cells first to last - 1, one number each, in the
 * order that the steps tell. NaN is left out; -infinity where there is no other. A maximum below
 * `cut` may be given as any other number below it.
 */
iou_anchor_steps iou_anchor_maxima(float *best, const iou_level_view *view,
                                   const iou_detector_params *params, const iou_class_max *kernel,
                                   float cut, size_t first, size_t last);

#endif

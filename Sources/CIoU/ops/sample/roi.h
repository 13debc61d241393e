/* What RoiAlign and MaxRoiPool share: boxes of pictures, cut into bins, a task a box. */
#ifndef IOU_ROI_H
#define IOU_ROI_H

#include "ops/op.h"

enum { IOU_ROI_MOST_BINS = 1 << 20 }; /**< along an axis */

typedef struct iou_roi {
    iou_type type;
    int64_t pictures, in[2], bins[2]; /**< height and width of the input and of the output */
    size_t channels;
    float scale;                            /**< from the boxes' coordinates to pixels */
    const void *attributes;                 /**< of the node */
    const struct iou_taps_kernels *kernels; /**< RoiAlign's, for means of floats */
} iou_roi;

/** What bin (row, column) of a box becomes; `first`: the channel's first element in `x`, whose
 * pixels are roi->channels apart. */
typedef double (*iou_roi_pool)(const iou_roi *roi, const void *x, size_t first, const void *box,
                               const int64_t bin[2]);

/** Prepares a step whose params are an iou_roi: input 0 is [N, C, H, W], channels last. */
iou_status iou_roi_prepare(const iou_prepare *prepare, float scale, iou_run_task run,
                           iou_roi **roi);

/** Reads `count` coordinates of box `task`, the first of which is element `first`; not finite ones,
 * as they are or scaled, are refused. */
iou_status iou_roi_box(const iou_call *call, size_t task, size_t first, size_t count, double *box);

/** Fills the output of box `task` of a picture. */
void iou_roi_fill(const iou_call *call, size_t task, size_t picture, iou_roi_pool pool,
                  const void *box);

#endif

/* For evaluation, not for embedders: what a detector would give whose IoU head made no mistakes.
 * libiou.so keeps it inside. */
#ifndef IOU_ORACLE_H
#define IOU_ORACLE_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The boxes that are in a picture in truth, of all classes. */
typedef struct iou_truth {
    const float (
        *boxes)[4]; /**< in pixels of the picture, in the convention of iou_detection.box */
    size_t count;
} iou_truth;

/**
 * iou_detector_rescore with the true IoU in place of the predicted one: that of every anchor's box
 * with the box of truths[i] that it overlaps most, 0 without any. It takes part wherever the
 * predicted one does, and is in iou_detection.iou. A model without an IoU head is scored as if
 * it had one; its own alpha of 1 has to be overridden to see it. Truths are only read. Scalar.
 */
iou_status iou_detector_rescore_oracle(iou_detector *detector, const iou_truth *truths,
                                       size_t count, const iou_detect_options *options,
                                       iou_detection *out, size_t capacity, size_t *counts,
                                       iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

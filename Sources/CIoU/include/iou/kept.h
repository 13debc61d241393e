/* For programs that score a picture again after other runs, such as a server: a run's outputs,
 * copied. libiou.so keeps it inside. */
#ifndef IOU_KEPT_H
#define IOU_KEPT_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the network found in one picture. Never changes: any number of threads may read it. */
typedef struct iou_kept_run iou_kept_run;

/**
 * Copies the outputs for picture `picture` of the detector's last run. `out` is owned by the
 * caller, outlives the detector, and is released with iou_kept_run_close; NULL on failure.
 *
 * IOU_INVALID_ARGUMENT where the last run failed, there was none, or it had no such picture;
 * IOU_UNSUPPORTED where the model's graph reports detections, or its batch is fixed and smaller
 * than the run.
 */
iou_status iou_detector_keep(iou_detector *detector, size_t picture, iou_kept_run **out,
                             iou_error *error);

/** Releases the run and sets the pointer to NULL; accepts NULL. */
void iou_kept_run_close(iou_kept_run **kept);

/** Bytes that the run holds. */
size_t iou_kept_run_size(const iou_kept_run *kept);

/**
 * iou_detector_rescore for a kept run, with any detector of the same model; one whose outputs
 * differ is IOU_BAD_METADATA. The detector's own last run cannot be scored again then.
 */
iou_status iou_detector_rescore_kept(iou_detector *detector, const iou_kept_run *kept,
                                     const iou_detect_options *options, iou_detection *out,
                                     size_t capacity, size_t *count, iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

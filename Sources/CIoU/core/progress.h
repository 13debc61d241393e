/* A number that threads wait for to change: they spin shortly, then sleep. */
#ifndef IOU_PROGRESS_H
#define IOU_PROGRESS_H

typedef struct iou_progress iou_progress;

iou_progress *iou_progress_create(void);
void iou_progress_destroy(iou_progress *progress); /**< accepts NULL */

unsigned iou_progress_value(const iou_progress *progress);
/** Wakes those who wait. What was written before is seen by whoever reads the value. */
void iou_progress_set(iou_progress *progress, unsigned value);
/** Returns the value when it is no longer `seen`. */
unsigned iou_progress_await(iou_progress *progress, unsigned seen);

#endif

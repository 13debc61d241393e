/* How much a team of threads does in a second: what the measured ceilings have in common. */
#ifndef IOU_RATE_H
#define IOU_RATE_H

#include "core/parallel.h"

/** Works for about 10 ms as one of `threads` concurrent ones; returns how much it did. */
typedef double (*iou_rate_work)(const void *context, int thread, int threads);

/** Workers to measure with, as many as a session with `threads` (0: all that there are) has. */
iou_status iou_rate_workers(iou_workers **workers, int threads, iou_error *error);

/** The most of five trials that the workers do together in a second. */
iou_status iou_measure_rate(iou_rate_work work, const void *context, iou_workers *workers,
                            double *rate, iou_error *error);

#endif

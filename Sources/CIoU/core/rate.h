/* How much a team of threads does in a second: what the measured ceilings have in common. */
#ifndef IOU_RATE_H
#define IOU_RATE_H

#include "iou/iou.h"

/** Works for about 10 ms as one of `threads` concurrent ones; returns how much it did. */
typedef double (*iou_rate_work)(const void *context, int thread, int threads);

/** The most of five trials that `threads` (0: all that there are) do together in a second. */
iou_status iou_measure_rate(iou_rate_work work, const void *context, int threads, double *rate,
                            iou_error *error);

#endif

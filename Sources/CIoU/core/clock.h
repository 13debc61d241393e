#ifndef IOU_CLOCK_H
#define IOU_CLOCK_H

#include <stdint.h>

/** Nanoseconds on CLOCK_MONOTONIC. */
int64_t iou_clock_ns(void);

#endif

/* When reading is to end: a signal has come, or the time for an answer is over. */
#ifndef IOU_VIDEO_STOP_H
#define IOU_VIDEO_STOP_H

#include <stdbool.h>
#include <stdint.h>

/** Milliseconds on a clock that never goes back. */
int64_t iou_video_now(void);

#endif

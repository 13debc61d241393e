/* When reading an address is to end because nothing comes. Signals: iou_video_is_ended. */
#ifndef IOU_VIDEO_STOP_H
#define IOU_VIDEO_STOP_H

#include <stdbool.h>
#include <stdint.h>

/** The longest wait for an address, in milliseconds. */
enum { IOU_VIDEO_SILENCE_MS = 10000 };

/** Milliseconds on a clock that never goes back. */
int64_t iou_video_now(void);

#endif

/* What FFmpeg's names of formats mean here. */
#ifndef IOU_VIDEO_PROBE_H
#define IOU_VIDEO_PROBE_H

#include <stdbool.h>

/** A picture of a kind that is not for this part, or text. */
bool iou_video_format_is_picture(const char *format);

/** A format whose files name other files or addresses to be opened. */
bool iou_video_format_is_playlist(const char *format);

#endif

/* How a stream is to be turned when it is shown. */
#ifndef IOU_VIDEO_ORIENTATION_H
#define IOU_VIDEO_ORIENTATION_H

#include "ffmpeg.h"

/** As EXIF counts orientations, 1 … 8: right angles alone, 1 for others. */
int iou_video_orientation(const iou_ffmpeg *ffmpeg, const AVStream *stream);

#endif

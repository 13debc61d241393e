/* Which encoder a file's ending asks for. */
#ifndef IOU_VIDEO_ENCODERS_H
#define IOU_VIDEO_ENCODERS_H

#include "ffmpeg.h"

/** A container that is written. */
typedef struct iou_video_container {
    const char *ending;
    const char *format;      /* FFmpeg's name */
    const char *encoders[4]; /* FFmpeg's names, the best first */
} iou_video_container;

/** NULL, and IOU_INVALID_ARGUMENT in `error`, where there is none. */
const iou_video_container *iou_video_find_container(const char *ending, iou_error *error);

/** Quality and speed: what goes on beside the network, and looks well. */
void iou_video_set_quality(const iou_ffmpeg *ffmpeg, AVCodecContext *codec, AVDictionary **options);

#endif

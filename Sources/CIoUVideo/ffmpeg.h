/* FFmpeg's functions, loaded on first use. */
#ifndef IOU_FFMPEG_H
#define IOU_FFMPEG_H

#include "image_internal.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

#if LIBAVFORMAT_VERSION_MAJOR < 59
#error "VIDEO=1: expected FFmpeg 5 or newer, found older headers; build with VIDEO=0"
#endif

/* Since FFmpeg 6.1 a stream's side data is with its codec's parameters. */
#define IOU_FFMPEG_CODED_SIDE_DATA (LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100))

typedef struct iou_ffmpeg {
#define IOU_FFMPEG(library, function) __typeof__(function) *function;
#include "ffmpeg_functions.inc"
#undef IOU_FFMPEG
} iou_ffmpeg;

/**
 * The functions of the installed FFmpeg; NULL where it is missing or of another version, which
 * `error` (may be NULL) then tells as IOU_UNSUPPORTED, with `name` in front.
 */
const iou_ffmpeg *iou_ffmpeg_load(const char *name, iou_error *error);

/** Loads libavdevice and lets it register cameras. */
iou_status iou_ffmpeg_load_devices(const char *name, iou_error *error);

/** FFmpeg's text for its `code`. */
typedef struct iou_ffmpeg_text {
    char text[AV_ERROR_MAX_STRING_SIZE];
} iou_ffmpeg_text;

iou_ffmpeg_text iou_ffmpeg_reason(const iou_ffmpeg *ffmpeg, int code);

/** The status that says the same as FFmpeg's `code`. */
iou_status iou_ffmpeg_status(int code);

#endif

/* An open file as FFmpeg reads and writes it. */
#ifndef IOU_VIDEO_FILE_H
#define IOU_VIDEO_FILE_H

#include "ffmpeg.h"

typedef struct iou_video_file {
    int file;         /* borrowed */
    int64_t start;    /* where reading begins */
    bool is_seekable; /* neither a pipe nor a socket */
    AVIOContext *io;
} iou_video_file;

/** Begins where the file stands. Returns 0, or FFmpeg's code. */
int iou_video_file_open(iou_video_file *out, const iou_ffmpeg *ffmpeg, int file, bool writes);

void iou_video_file_close(iou_video_file *file, const iou_ffmpeg *ffmpeg);

#endif

/* What the files of the reader share. */
#ifndef IOU_VIDEO_READER_H
#define IOU_VIDEO_READER_H

#include "ffmpeg.h"
#include "video_file.h"

#include <iou/video.h>

struct iou_video_reader {
    const iou_ffmpeg *ffmpeg;
    char name[512]; /* for messages */
    iou_image_limits limits;
    iou_video_facts facts;

    iou_video_file file; /* of a reader of a file */
    bool is_address;
    int64_t deadline; /* of an address: when its silence is too long */
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int orientation;

    /* Frames of one size and format to RGB, with room behind each row. */
    struct SwsContext *scaler;
    uint8_t *rgb;
    size_t rgb_size;

    int64_t packets;          /* that were read */
    int64_t expected_packets; /* that the container's index has; 0: it tells none */
    int64_t frames;           /* that were decoded */
    int64_t damaged;          /* packets that could not be decoded, and frames with faults */
    int64_t last_time;
    int64_t offset;   /* of stamps that began again */
    int64_t told_end; /* of the packets so far */
    int read_code;    /* of FFmpeg: why there are no more packets; 0: there are */
};

/** The codec, the limits and what is known of the stream; `reader->format` is open. */
iou_status iou_video_begin_stream(iou_video_reader *reader, iou_error *error);

/** Copies the decoded frame to `out`, in RGB and turned. */
iou_status iou_video_convert(iou_video_reader *reader, iou_pixels *out, iou_error *error);

#endif

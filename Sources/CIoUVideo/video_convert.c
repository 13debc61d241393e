/* Decoded frames to RGB. */
#if IOU_VIDEO
#include "video_reader.h"

#include <stdio.h>
#include <string.h>

/** Levels 0 … 255, not 16 … 235. */
static bool has_full_range(const AVFrame *frame) {
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P: return true;
    default: return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

static bool prepare_scaler(iou_video_reader *reader) {
    const iou_ffmpeg *ffmpeg = reader->ffmpeg;
    const AVFrame *frame = reader->frame;
    reader->scaler = ffmpeg->sws_getCachedContext(
        reader->scaler, frame->width, frame->height, (enum AVPixelFormat)frame->format,
        frame->width, frame->height, AV_PIX_FMT_RGB24, SWS_BILINEAR, NULL, NULL, NULL);
    if (reader->scaler == NULL) {
        return false;
    }
    /* A stream that tells no matrix has that of BT.601, as FFmpeg itself takes it. */
    const int *matrix = ffmpeg->sws_getCoefficients((int)frame->colorspace);
    (void)ffmpeg->sws_setColorspaceDetails(reader->scaler, matrix, has_full_range(frame), matrix, 1,
                                           0, 1 << 16, 1 << 16);
    return true;
}

/** The scaler's vectors reach behind the end of a row: each has room there, and so has the last. */
static size_t padded_stride(int width) {
    return ((size_t)width * 3 + 63) / 64 * 64 + 64;
}

static bool reserve(iou_video_reader *reader, size_t size) {
    if (reader->rgb_size < size) {
        reader->ffmpeg->av_freep(&reader->rgb);
        reader->rgb = reader->ffmpeg->av_malloc(size);
        reader->rgb_size = reader->rgb == NULL ? 0 : size;
    }
    return reader->rgb != NULL;
}

iou_status iou_video_convert(iou_video_reader *reader, iou_pixels *out, iou_error *error) {
    const AVFrame *frame = reader->frame;
    char where[640];
    (void)snprintf(where, sizeof where, "video '%s'", reader->name);
    iou_status status =
        frame->width <= 0 || frame->height <= 0
            ? iou_image_fail(error, IOU_BAD_IMAGE, "%s: expected pixels, found none", where)
            : iou_image_check_size(where, (uint64_t)frame->width, (uint64_t)frame->height,
                                   &reader->limits, error);
    if (status != IOU_OK) {
        return status;
    }
    const size_t stride = padded_stride(frame->width);
    if (!reserve(reader, stride * (size_t)frame->height)) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "%s: no memory for a frame", where);
    }
    if (!prepare_scaler(reader)) {
        return iou_image_fail(error, IOU_UNSUPPORTED,
                              "%s: expected pixels that FFmpeg turns into RGB, found format %d",
                              where, frame->format);
    }
    uint8_t *const to[4] = {reader->rgb};
    const int strides[4] = {(int)stride};
    const int rows = reader->ffmpeg->sws_scale(reader->scaler, (const uint8_t *const *)frame->data,
                                               frame->linesize, 0, frame->height, to, strides);
    if (rows != frame->height) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "%s: expected %d rows of a frame, found %d",
                              where, frame->height, rows);
    }
    status = iou_image_create(out, frame->width, frame->height, error);
    for (int32_t row = 0; status == IOU_OK && row < out->height; row++) {
        memcpy(out->data + (size_t)row * out->stride, reader->rgb + (size_t)row * stride,
               (size_t)out->width * 3);
    }
    if (status == IOU_OK) {
        status = iou_image_orient(out, reader->orientation, error);
    }
    if (status != IOU_OK) {
        iou_image_free(out);
    }
    return status;
}

#endif

/* WebP to RGB: the first frame of animations. */
#include "image_internal.h"

#if IOU_WEBP

#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

static iou_status fail_decoding(VP8StatusCode code, iou_error *error) {
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "webp: no memory for the decoder");
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return iou_image_fail(error, IOU_BAD_IMAGE, "webp: file is truncated");
    default: return iou_image_fail(error, IOU_BAD_IMAGE, "webp: the pixels are corrupt");
    }
}

/** Decodes a frame to its place in the picture. */
static iou_status decode_frame(const iou_pixels *out, const WebPIterator *frame, iou_error *error) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "webp: libwebp is of another version");
    }
    const VP8StatusCode found =
        WebPGetFeatures(frame->fragment.bytes, frame->fragment.size, &config.input);
    if (found != VP8_STATUS_OK) {
        return fail_decoding(found, error);
    }
    const int right = frame->x_offset + config.input.width;
    const int bottom = frame->y_offset + config.input.height;
    if (frame->x_offset < 0 || frame->y_offset < 0 || right > out->width || bottom > out->height) {
        return iou_image_fail(error, IOU_BAD_IMAGE,
                              "webp: a frame of %dx%d pixels at %d, %d is not in "
                              "the picture of %dx%d",
                              config.input.width, config.input.height, frame->x_offset,
                              frame->y_offset, (int)out->width, (int)out->height);
    }
    const size_t at = (size_t)frame->y_offset * out->stride + (size_t)frame->x_offset * 3;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out->data + at;
    config.output.u.RGBA.stride = (int)out->stride;
    config.output.u.RGBA.size = (size_t)out->height * out->stride - at;
    const VP8StatusCode code = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    return code == VP8_STATUS_OK ? IOU_OK : fail_decoding(code, error);
}

static int orientation_of(const WebPDemuxer *demuxer) {
    WebPChunkIterator chunk;
    if (!WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        return 1;
    }
    const int orientation = iou_image_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
    return orientation;
}

static iou_status decode_first(iou_pixels *out, const WebPDemuxer *demuxer,
                               const iou_image_limits *limits, iou_error *error) {
    const uint32_t width = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH);
    const uint32_t height = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT);
    WebPIterator frame;
    iou_status status = iou_image_check_size("webp", width, height, limits, error);
    if (status == IOU_OK) {
        status = iou_image_create(out, (int32_t)width, (int32_t)height, error);
    }
    if (status == IOU_OK && !WebPDemuxGetFrame(demuxer, 1, &frame)) {
        return iou_image_fail(error, IOU_BAD_IMAGE, "webp: there is no frame");
    }
    if (status == IOU_OK) {
        status = decode_frame(out, &frame, error);
        WebPDemuxReleaseIterator(&frame);
    }
    return status == IOU_OK ? iou_image_orient(out, orientation_of(demuxer), error) : status;
}

iou_status iou_image_decode_webp(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error) {
    const WebPData file = {data, size};
    WebPDemuxState state;
    WebPDemuxer *demuxer = WebPDemuxPartial(&file, &state);
    const bool whole = demuxer != NULL && state == WEBP_DEMUX_DONE;
    iou_status status;
    if (whole) {
        status = decode_first(out, demuxer, limits, error);
    } else if (state == WEBP_DEMUX_PARSE_ERROR) {
        status = iou_image_fail(error, IOU_BAD_IMAGE, "webp: the file's parts are corrupt");
    } else {
        status =
            iou_image_fail(error, IOU_BAD_IMAGE, "webp: file is truncated, after %zu bytes", size);
    }
    WebPDemuxDelete(demuxer);
    return status;
}

#else

iou_status iou_image_decode_webp(iou_pixels *out, const uint8_t *data, size_t size,
                                 const iou_image_limits *limits, iou_error *error) {
    (void)out, (void)data, (void)size, (void)limits;
    return iou_image_fail_left_out(error, "WebP", "WEBP");
}

#endif

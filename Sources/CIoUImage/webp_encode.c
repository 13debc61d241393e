/* RGB to the bytes of a WebP file. */
#include "iou/encode.h"

#include "image_internal.h"

#if IOU_WEBP

#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>

/** Encodes `picture`, whose pixels are there, to what `written` holds. */
static iou_status encode(WebPPicture *picture, const WebPConfig *config, WebPMemoryWriter *written,
                         iou_error *error) {
    picture->writer = WebPMemoryWrite;
    picture->custom_ptr = written;
    if (WebPEncode(config, picture)) {
        return IOU_OK;
    }
    const WebPEncodingError code = picture->error_code;
    const bool memory =
        code == VP8_ENC_ERROR_OUT_OF_MEMORY || code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY;
    return iou_image_fail(error, memory ? IOU_OUT_OF_MEMORY : IOU_LIMIT,
                          "webp: cannot encode, libwebp's error %d", (int)code);
}

/** A copy of what libwebp allocated, whose allocator need not be malloc. */
static iou_status take(unsigned char **data, size_t *size, const WebPMemoryWriter *written,
                       iou_error *error) {
    *data = malloc(written->size);
    if (*data == NULL) {
        return iou_image_fail(error, IOU_OUT_OF_MEMORY, "webp: no memory for %zu bytes",
                              written->size);
    }
    memcpy(*data, written->mem, written->size);
    *size = written->size;
    return IOU_OK;
}

iou_status iou_image_encode_webp(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                 int quality, iou_error *error) {
    iou_status status = iou_image_check_encoding(
        "webp", data, size, pixels, (iou_encoding){quality, WEBP_MAX_DIMENSION}, error);
    if (status != IOU_OK) {
        return status;
    }
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigPreset(&config, WEBP_PRESET_PHOTO, (float)quality) ||
        !WebPPictureInit(&picture)) {
        return iou_image_fail(error, IOU_UNSUPPORTED, "webp: libwebp is of another version");
    }
    config.use_sharp_yuv = 1; /* lines one pixel wide keep their colours */
    picture.use_argb = 1;     /* else the import converts them already, and plainly */
    picture.width = pixels->width;
    picture.height = pixels->height;
    WebPMemoryWriter written;
    WebPMemoryWriterInit(&written);
    if (!WebPPictureImportRGB(&picture, pixels->data, (int)pixels->stride)) {
        status = iou_image_fail(error, IOU_OUT_OF_MEMORY, "webp: no memory for the picture");
    } else {
        status = encode(&picture, &config, &written, error);
    }
    if (status == IOU_OK) {
        status = take(data, size, &written, error);
    }
    WebPMemoryWriterClear(&written);
    WebPPictureFree(&picture);
    return status;
}

#else

iou_status iou_image_encode_webp(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                 int quality, iou_error *error) {
    const iou_status status =
        iou_image_check_encoding("webp", data, size, pixels, (iou_encoding){quality, 16383}, error);
    return status != IOU_OK
               ? status
               : iou_image_fail(error, IOU_UNSUPPORTED,
                                "webp: expected a build with WebP, found one without (WEBP=0)");
}

#endif

/* What encoders with losses refuse. */
#include "image_internal.h"

iou_status iou_image_check_encoding(const char *format, unsigned char **data, size_t *size,
                                    const iou_pixels *pixels, iou_encoding encoding,
                                    iou_error *error) {
    if (data == NULL || size == NULL || pixels == NULL || pixels->data == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "%s: data, size or pixels is null",
                              format);
    }
    *data = NULL;
    *size = 0;
    if (encoding.quality < 1 || encoding.quality > 100) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT,
                              "%s: expected a quality of 1 to 100, found %d", format,
                              encoding.quality);
    }
    if (pixels->width <= 0 || pixels->height <= 0 || pixels->stride / 3 < (size_t)pixels->width) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "%s: %dx%d pixels, stride %zu", format,
                              (int)pixels->width, (int)pixels->height, pixels->stride);
    }
    if (pixels->width > encoding.most || pixels->height > encoding.most) {
        return iou_image_fail(error, IOU_LIMIT,
                              "%s: expected at most %d pixels a side, found %dx%d", format,
                              encoding.most, (int)pixels->width, (int)pixels->height);
    }
    return IOU_OK;
}

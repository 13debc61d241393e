/* RGB to the bytes of a PNG file in memory that grows. */
#include "iou/encode.h"

#include "image_internal.h"
#include "png_encode.h"

#include <stdlib.h>

iou_status iou_image_encode_png(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                iou_error *error) {
    if (data == NULL || size == NULL) {
        return iou_image_fail(error, IOU_INVALID_ARGUMENT, "png: data or size is null");
    }
    *data = NULL;
    *size = 0;
    iou_status status = iou_png_check(pixels, "in memory", error);
    if (status != IOU_OK) {
        return status;
    }
    iou_encoded_bytes memory = {0};
    status =
        iou_png_encode(pixels, "in memory", (iou_png_sink){iou_encoded_append, &memory}, error);
    if (status != IOU_OK) {
        free(memory.data);
        return status;
    }
    *data = memory.data;
    *size = memory.size;
    return IOU_OK;
}

/*
 * PNG files in memory, for servers: no part of libiou's interface. Threads and errors as in
 * iou/image.h.
 */
#ifndef IOU_PNG_MEMORY_H
#define IOU_PNG_MEMORY_H

#include <iou/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Encodes a picture as iou_image_write_png does. `data` is owned by the caller, who releases it
 * with free; NULL on failure.
 */
iou_status iou_image_encode_png(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

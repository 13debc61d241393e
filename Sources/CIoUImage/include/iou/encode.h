/*
 * Pictures as files in memory, for the tools and servers: no part of libiou's interface. Threads
 * and errors as in iou/image.h.
 */
#ifndef IOU_ENCODE_H
#define IOU_ENCODE_H

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

/**
 * The same as JPEG, with colours as fine as the rest. `quality` is 1 to 100. IOU_LIMIT beyond 65500
 * pixels a side.
 */
iou_status iou_image_encode_jpeg(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                 int quality, iou_error *error);

/**
 * The same as WebP, with losses. `quality` is 1 to 100. IOU_LIMIT beyond 16383 pixels a side,
 * IOU_UNSUPPORTED where WebP was left out of the build.
 */
iou_status iou_image_encode_webp(unsigned char **data, size_t *size, const iou_pixels *pixels,
                                 int quality, iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

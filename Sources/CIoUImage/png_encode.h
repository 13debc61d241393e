/* RGB to the bytes of a PNG file, wherever these go. */
#ifndef IOU_PNG_ENCODE_H
#define IOU_PNG_ENCODE_H

#include "iou/image.h"

#include <stdbool.h>

/** Takes the bytes in order; false: it can take no more. */
typedef struct iou_png_sink {
    bool (*write)(void *context, const unsigned char *bytes, size_t count);
    void *context;
} iou_png_sink;

/** Whether there are pixels of a size that can be. `where` begins errors. */
iou_status iou_png_check(const iou_pixels *pixels, const char *where, iou_error *error);

/** Encodes pixels that were checked. IOU_OUT_OF_MEMORY also where the sink took no more. */
iou_status iou_png_encode(const iou_pixels *pixels, const char *where, iou_png_sink sink,
                          iou_error *error);

#endif

/* Pictures of all formats as RGB, which the rest of the detector reads. */
#ifndef IOU_PICTURE_PIXELS_H
#define IOU_PICTURE_PIXELS_H

#include "detect/preprocess/preprocess.h"

/** Zero-initialised; kept over runs. */
typedef struct iou_pixels_scratch {
    iou_buffer pictures, bytes;
} iou_pixels_scratch;

/** Bytes of a pixel; 0: there is no such format. */
size_t iou_pixel_size(iou_pixel_format format);

/** Returns the pictures themselves where all are RGB, else copies that are; their sides have been
 * checked. */
iou_status iou_pixels_to_rgb(const iou_picture **rgb, const iou_picture *pictures, size_t count,
                             iou_pixels_scratch *scratch, iou_workers *workers, iou_error *error);

void iou_pixels_scratch_release(iou_pixels_scratch *scratch);

#endif

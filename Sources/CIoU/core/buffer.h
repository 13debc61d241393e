/* Memory that a handle keeps between calls: it only grows. */
#ifndef IOU_BUFFER_H
#define IOU_BUFFER_H

#include "core/status.h"

typedef struct iou_buffer {
    void *data;
    size_t size; /**< bytes */
} iou_buffer;

/** Room for `size` bytes; where it grows, what was there before is lost. */
iou_status iou_buffer_grow(iou_buffer *buffer, size_t size, iou_error *error);

/** Room for `count` elements; what was there before stays. */
iou_status iou_buffer_reserve(iou_buffer *buffer, size_t count, size_t element_size,
                              iou_error *error);

/** The same with room for as many again where it grows: for what is added bit by bit. */
iou_status iou_buffer_extend(iou_buffer *buffer, size_t count, size_t element_size,
                             iou_error *error);
void iou_buffer_release(iou_buffer *buffer);

#endif

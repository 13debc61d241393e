#include "core/buffer.h"

#include "core/memory.h"

#include <string.h>

iou_status iou_buffer_grow(iou_buffer *buffer, size_t size, iou_error *error) {
    if (size > buffer->size) {
        iou_buffer_release(buffer);
    }
    return iou_buffer_reserve(buffer, size, 1, error);
}

iou_status iou_buffer_reserve(iou_buffer *buffer, size_t count, size_t element_size,
                              iou_error *error) {
    IOU_FAIL_IF(count > SIZE_MAX / 2 / element_size, IOU_LIMIT, error,
                "%zu elements of %zu bytes pass the address space", count, element_size);
    const size_t size = count * element_size;
    if (size <= buffer->size) {
        return IOU_OK;
    }
    void *data = iou_memory_take(size);
    IOU_FAIL_IF(!data, IOU_OUT_OF_MEMORY, error, "no memory for %zu bytes", size);
    if (buffer->size > 0) {
        memcpy(data, buffer->data, buffer->size);
    }
    iou_memory_release(buffer->data);
    *buffer = (iou_buffer){data, size};
    return IOU_OK;
}

iou_status iou_buffer_extend(iou_buffer *buffer, size_t count, size_t element_size,
                             iou_error *error) {
    const bool fits = count <= buffer->size / element_size;
    return fits ? IOU_OK : iou_buffer_reserve(buffer, 2 * count, element_size, error);
}

void iou_buffer_release(iou_buffer *buffer) {
    iou_memory_release(buffer->data);
    *buffer = (iou_buffer){NULL, 0};
}

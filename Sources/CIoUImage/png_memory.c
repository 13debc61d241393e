/* RGB to the bytes of a PNG file in memory that grows. */
#include "iou/encode.h"

#include "image_internal.h"
#include "png_encode.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct png_memory {
    unsigned char *data;
    size_t size, capacity;
} png_memory;

static bool append(void *context, const unsigned char *bytes, size_t count) {
    png_memory *memory = context;
    if (count > memory->capacity - memory->size) {
        const size_t enough = memory->size + count;
        const size_t capacity = enough < SIZE_MAX / 2 ? enough * 2 : enough;
        unsigned char *grown = realloc(memory->data, capacity);
        if (grown == NULL) {
            return false;
        }
        memory->data = grown;
        memory->capacity = capacity;
    }
    memcpy(memory->data + memory->size, bytes, count);
    memory->size += count;
    return true;
}

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
    png_memory memory = {0};
    status = iou_png_encode(pixels, "in memory", (iou_png_sink){append, &memory}, error);
    if (status != IOU_OK) {
        free(memory.data);
        return status;
    }
    *data = memory.data;
    *size = memory.size;
    return IOU_OK;
}

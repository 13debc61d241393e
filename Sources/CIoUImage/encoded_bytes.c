/* The bytes of a file in memory that grows. */
#include "image_internal.h"

#include <stdlib.h>
#include <string.h>

bool iou_encoded_append(void *context, const unsigned char *bytes, size_t count) {
    iou_encoded_bytes *memory = context;
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

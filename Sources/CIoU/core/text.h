/* Strings: what the elements of string tensors point at. They never change; the model or a run's
 * pool owns them. */
#ifndef IOU_TEXT_H
#define IOU_TEXT_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Valid UTF-8. An element that is NULL is empty: memory that was filled with zeros. */
typedef struct iou_text {
    size_t length; /**< bytes */
    char bytes[];
} iou_text;

static inline size_t iou_text_length(const iou_text *text) {
    return text ? text->length : 0;
}

/** "" for NULL; without a zero at its end. */
static inline const char *iou_text_bytes(const iou_text *text) {
    return text ? text->bytes : "";
}

bool iou_text_equal(const iou_text *a, const iou_text *b);

bool iou_text_is_utf8(const char *bytes, size_t length);

/** The character at `*at`, which moves behind it; `at` is inside valid UTF-8. */
uint32_t iou_text_next(const char *bytes, size_t *at);

#endif

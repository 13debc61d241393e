/* Metadata under construction. The first failure sticks, as a reader's does. */
#ifndef IOU_KEY_LIST_H
#define IOU_KEY_LIST_H

#include "detect/metadata/metadata_reader.h"
#include "iou/presets.h"

enum { IOU_MAX_LIST_KEYS = 96 };

struct iou_key_list {
    struct iou_arena *memory; /**< of the texts */
    size_t count;
    const char *keys[IOU_MAX_LIST_KEYS], *values[IOU_MAX_LIST_KEYS];
    iou_status status;
    iou_error *error;
};

/** NULL without memory. Failures go to `error`. */
iou_key_list *iou_key_list_create(iou_error *error);

/** Sets a key, a literal, to a copy of `value`, or of formatted text; an older value is gone. */
void iou_key_list_set(iou_key_list *list, const char *key, const char *value);
void iou_key_list_format(iou_key_list *list, const char *key, const char *format, ...)
    IOU_PRINTF(3, 4);

/** Items with a separator between them. */
void iou_key_list_join(iou_key_list *list, const char *key, const char *const *items, size_t count,
                       char separator);

/** Reports a failure unless one was reported before. */
void iou_key_list_refuse(iou_key_list *list, iou_status status, const char *format, ...)
    IOU_PRINTF(3, 4);

iou_metadata iou_key_list_metadata(const iou_key_list *list);

#endif

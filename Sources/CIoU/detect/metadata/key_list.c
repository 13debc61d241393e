#include "detect/metadata/key_list.h"

#include "core/arena.h"
#include "core/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

iou_key_list *iou_key_list_create(iou_error *error) {
    iou_key_list *list = iou_memory_zeroed(1, sizeof *list);
    if (!list) {
        return NULL;
    }
    list->error = error;
    list->memory = iou_arena_create();
    if (!list->memory) {
        iou_memory_release(list);
        return NULL;
    }
    return list;
}

void iou_key_list_close(iou_key_list **list) {
    if (list && *list) {
        iou_arena_destroy((*list)->memory);
        iou_memory_release(*list);
        *list = NULL;
    }
}

static void refuse_memory(iou_key_list *list) {
    iou_key_list_refuse(list, IOU_OUT_OF_MEMORY, "detector metadata: no memory");
}

/* Keeps a text that is the list's own. */
static void keep(iou_key_list *list, const char *key, const char *value) {
    size_t at = 0;
    while (at < list->count && strcmp(list->keys[at], key) != 0) {
        at++;
    }
    if (!value || at == IOU_MAX_LIST_KEYS) {
        refuse_memory(list);
        return;
    }
    list->keys[at] = key;
    list->values[at] = value;
    list->count += at == list->count;
}

void iou_key_list_set(iou_key_list *list, const char *key, const char *value) {
    keep(list, key, iou_arena_strdup(list->memory, value, strlen(value)));
}

void iou_key_list_format(iou_key_list *list, const char *key, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    iou_key_list_set(list, key, text);
}

void iou_key_list_join(iou_key_list *list, const char *key, const char *const *items, size_t count,
                       char separator) {
    size_t length = count;
    for (size_t i = 0; i < count; i++) {
        length += strlen(items[i]);
    }
    char *text = iou_arena_alloc(list->memory, length + 1), *at = text;
    for (size_t i = 0; text && i < count; i++) {
        const size_t size = strlen(items[i]);
        memcpy(at, items[i], size);
        at += size;
        *at++ = i + 1 < count ? separator : '\0';
    }
    keep(list, key, text);
}

void iou_key_list_refuse(iou_key_list *list, iou_status status, const char *format, ...) {
    if (list->status != IOU_OK) {
        return;
    }
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    list->status = iou_fail(list->error, status, "%s", text);
}

/* ---- Reading --------------------------------------------------------------------------------- */

const char *iou_key_list_key(const iou_key_list *list, size_t index) {
    return index < list->count ? list->keys[index] : NULL;
}

const char *iou_key_list_value(const iou_key_list *list, size_t index) {
    return index < list->count ? list->values[index] : NULL;
}

static const char *find_key(const void *context, const char *key) {
    const iou_key_list *list = context;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->keys[i], key) == 0) {
            return list->values[i];
        }
    }
    return NULL;
}

static const char *key_at(const void *context, size_t index) {
    return iou_key_list_key(context, index);
}

iou_metadata iou_key_list_metadata(const iou_key_list *list) {
    return (iou_metadata){find_key, list, key_at};
}

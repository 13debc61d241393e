/* Memory that is released all at once. */
#ifndef IOU_ARENA_H
#define IOU_ARENA_H

#include <stddef.h>

typedef struct iou_arena iou_arena;

iou_arena *iou_arena_create(void);
void iou_arena_destroy(iou_arena *arena); /**< accepts NULL */

/** Zeroed, 64-byte aligned; NULL without memory. Not for several threads at once. */
void *iou_arena_alloc(iou_arena *arena, size_t size);
char *iou_arena_strdup(iou_arena *arena, const char *text, size_t length);

#endif

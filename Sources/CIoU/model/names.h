/* From names to numbers. */
#ifndef IOU_NAMES_H
#define IOU_NAMES_H

#include "core/arena.h"

#include <stdbool.h>

typedef struct iou_names iou_names;

/** Room for `capacity` names, and more as they come; NULL without memory. Names are borrowed. */
iou_names *iou_names_create(iou_arena *arena, size_t capacity);

/** The number of `name`, or -1. */
int iou_names_find(const iou_names *names, const char *name);

/** Sets a new name's number; false if it is there already. */
bool iou_names_add(iou_names *names, const char *name, int number);

#endif

/* Structs of callers that were built with another header. Both sides' begin with a size_t
 * `struct_size`. */
#ifndef IOU_OPTIONS_H
#define IOU_OPTIONS_H

#include "core/status.h"

/**
 * Copies the option struct at `given` (NULL: all zeros) into `own` of `size` bytes: of a shorter
 * one the missing rest is zero, of a longer one it must be.
 */
iou_status iou_options_take(void *own, size_t size, const void *given, const char *name,
                            iou_error *error);

/** Copies `own` of `size` bytes into the caller's struct: of a shorter one what fits, of a longer
 * one the rest becomes zero. The caller's `struct_size` stays. */
iou_status iou_options_give(void *given, const void *own, size_t size, const char *name,
                            iou_error *error);

#endif

/* Option structs of callers that were built with another header. */
#ifndef IOU_OPTIONS_H
#define IOU_OPTIONS_H

#include "core/status.h"

/**
 * Copies the option struct at `given` (NULL: all zeros) into `own` of `size` bytes. Both begin with
 * a size_t `struct_size`: of a shorter one the missing rest is zero, of a longer one it must be.
 */
iou_status iou_options_take(void *own, size_t size, const void *given, const char *name,
                            iou_error *error);

#endif

/* Files that a model names, opened only where it may have them. */
#ifndef IOU_CONTAINED_FILE_H
#define IOU_CONTAINED_FILE_H

#include "core/status.h"
#include "iou/ops.h"

/**
 * Opens the regular file `location`, a relative path with '/', from `base` for reading. Refuses
 * absolute paths, "..", backslashes, drive letters, symbolic links that lead out of its folder (or
 * all of them), and files with more than one name. On success *descriptor is the caller's to close.
 */
iou_status iou_contained_open(int *descriptor, uint64_t *size, const iou_external_base *base,
                              const char *location, iou_error *error);

#endif

/* Files that a model names, opened only inside the model's folder. */
#ifndef IOU_CONTAINED_FILE_H
#define IOU_CONTAINED_FILE_H

#include "core/status.h"

/**
 * Opens the regular file `location`, a relative path with '/', inside `folder` for reading. Refuses
 * absolute paths, "..", backslashes, drive letters, symbolic links on the way and files with more
 * than one name. On success *descriptor is the caller's to close.
 */
iou_status iou_contained_open(int *descriptor, uint64_t *size, const char *folder,
                              const char *location, iou_error *error);

#endif

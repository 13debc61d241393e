/* Where a path leads, seen one component at a time. */
#ifndef IOU_PATH_WALK_H
#define IOU_PATH_WALK_H

#include "core/status.h"

#include <limits.h>

/** A name, and the open folder that it is in. */
typedef struct iou_found {
    int folder; /**< to be closed by the caller */
    int links;  /**< symbolic links that were followed on the way */
    char name[NAME_MAX + 1];
} iou_found;

/**
 * Goes along `path` from the folder `start`, which is taken over, to the folder in which the last
 * component is. Links, the last component's too, are followed as text or refused; the name
 * that is found is none. Every step begins at an open folder, so that nobody can swap a part that
 * was seen for another.
 */
iou_status iou_path_walk(iou_found *found, int start, const char *path, bool follows_links,
                         iou_error *error);

#endif

/* How many letters two words differ by. */
#ifndef IOU_EDIT_DISTANCE_H
#define IOU_EDIT_DISTANCE_H

#include <stddef.h>

enum { IOU_MAX_EDITED = 64 };

/**
 * The least number of bytes to insert, delete or replace that turns `a` into `b` (Levenshtein);
 * SIZE_MAX where one of them has more than IOU_MAX_EDITED bytes.
 */
size_t iou_edit_distance(const char *a, const char *b);

#endif

#ifndef IOU_CACHE_CHECK_H
#define IOU_CACHE_CHECK_H

#include <stddef.h>

/** What a folder like that of Linux says of the first two caches, in bytes; NULL: of this
 * processor's. */
void iou_test_caches(const char *folder, size_t *first, size_t *second);

#endif

#include "cache_check.h"

#include "core/caches.h"

void iou_test_caches(const char *folder, size_t *first, size_t *second) {
    const iou_caches caches = folder ? iou_caches_read(folder) : iou_caches_find();
    *first = caches.first;
    *second = caches.second;
}

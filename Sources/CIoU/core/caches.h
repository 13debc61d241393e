/* How much a thread's caches hold: what blocks of products and convolutions are cut by. */
#ifndef IOU_CACHES_H
#define IOU_CACHES_H

#include <stddef.h>

/** Bytes; of a cache that several processors share, a part. */
typedef struct iou_caches {
    size_t first, second;
} iou_caches;

/** Those that the system reports for its first processor; usual sizes where it does not. */
iou_caches iou_caches_find(void);

/** The same from a folder such as /sys/devices/system/cpu/cpu0/cache; 0: not reported there. */
iou_caches iou_caches_read(const char *folder);

/** Of a panel of B that a step of a product's sum takes: half of the first cache is left to A. */
static inline size_t iou_caches_product_step(iou_caches caches) {
    return caches.first / 2;
}

/** Floats that `times` / `of` of the second cache hold. */
static inline size_t iou_caches_floats(iou_caches caches, size_t times, size_t of) {
    return caches.second / of * times / sizeof(float);
}

#endif

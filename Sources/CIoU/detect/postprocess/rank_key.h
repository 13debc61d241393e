/* A score and its order as one number, and selection among such numbers. */
#ifndef IOU_RANK_KEY_H
#define IOU_RANK_KEY_H

#include <stddef.h>
#include <stdint.h>

/** A score (not negative, not NaN) and its order as one number: higher is better. */
static inline uint64_t iou_rank_key(float score, uint32_t order) {
    union {
        float value;
        uint32_t bits;
    } view = {score + 0.0f}; /* -0 becomes 0, whose bits are in order */
    return (uint64_t)view.bits << 32 | (uint32_t)~order;
}
static inline float iou_key_score(uint64_t key) {
    union {
        uint32_t bits;
        float value;
    } view = {(uint32_t)(key >> 32)};
    return view.value;
}
static inline uint32_t iou_key_order(uint64_t key) {
    return ~(uint32_t)key;
}

/** What no key of an anchor's pairs passes: its best pre-NMS score with the order of its first
 * class. */
static inline uint64_t iou_pair_bound(uint64_t anchor_key, size_t anchor, size_t classes) {
    return (anchor_key | UINT32_MAX) - (uint32_t)(anchor * classes);
}

/** The k-th largest of `count` different keys, 1 <= k <= count; it and the larger ones move to the
 * front. */
uint64_t iou_select_kth(uint64_t *keys, size_t count, size_t k);

void iou_heap_make(uint64_t *keys, size_t count); /**< the largest first */
void iou_heap_add(uint64_t *keys, size_t *count, uint64_t key);
uint64_t iou_heap_take(uint64_t *keys, size_t *count);

#endif

/* Selection among keys, each of which is there once: linear time whatever the keys are. */
#include "detect/postprocess/rank_key.h"

typedef struct key_range {
    size_t first, count;
} key_range;

/* Keys above the digit to the front of the range, equal ones behind; returns the equal ones. */
static key_range partition(uint64_t *keys, key_range range, int shift, unsigned digit) {
    size_t above = range.first, at = range.first, below = range.first + range.count;
    while (at < below) {
        const uint64_t key = keys[at];
        const unsigned found = (unsigned)(key >> shift) & 0xFFu;
        if (found > digit) {
            keys[at++] = keys[above];
            keys[above++] = key;
        } else if (found < digit) {
            keys[at] = keys[--below];
            keys[below] = key;
        } else {
            at++;
        }
    }
    return (key_range){above, below - above};
}

uint64_t iou_select_kth(uint64_t *keys, size_t count, size_t k) {
    key_range range = {0, count};
    for (int shift = 56; shift >= 0 && range.count > 1; shift -= 8) {
        size_t histogram[256] = {0};
        for (size_t i = 0; i < range.count; i++) {
            histogram[(keys[range.first + i] >> shift) & 0xFFu]++;
        }
        unsigned digit = 255;
        while (k > histogram[digit]) {
            k -= histogram[digit--];
        }
        range = partition(keys, range, shift, digit);
    }
    return keys[range.first];
}

static void sift_down(uint64_t *keys, size_t count, size_t at) {
    const uint64_t key = keys[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) {
            break;
        }
        child += child + 1 < count && keys[child + 1] > keys[child];
        if (keys[child] <= key) {
            break;
        }
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

void iou_heap_make(uint64_t *keys, size_t count) {
    for (size_t i = count / 2; i-- > 0;) {
        sift_down(keys, count, i);
    }
}

void iou_heap_add(uint64_t *keys, size_t *count, uint64_t key) {
    size_t at = (*count)++;
    while (at > 0 && keys[(at - 1) / 2] < key) {
        keys[at] = keys[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    keys[at] = key;
}

uint64_t iou_heap_take(uint64_t *keys, size_t *count) {
    const uint64_t best = keys[0];
    keys[0] = keys[--*count];
    if (*count > 0) {
        sift_down(keys, *count, 0);
    }
    return best;
}

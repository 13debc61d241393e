/*
 * Which handles are open, kept apart from their memory, so that one that was closed is refused
 * without a look at what is there now. No locks: the process may fork at any time.
 *
 * A slot has the address's complement, so that a checker of leaks finds no pointer in it, and the
 * handle's state in the low bits, which addresses of handles leave free.
 */
#include "core/handle_table.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    SLOTS = 8, /* in a bucket: one cache line */
    FIRST_BUCKETS = 64,
    SEGMENTS = 24, /* each twice as large as the one before */
    STATE = 63,
    BUSY = 4
};

typedef struct bucket {
    _Alignas(64) atomic_uintptr_t slots[SLOTS];
} bucket;

static bucket first[FIRST_BUCKETS];
static _Atomic(bucket *) later[SEGMENTS - 1];

/** The bucket of `handle` in the segment; NULL: there is no such segment. */
static bucket *bucket_of(int segment, const void *handle) {
    bucket *buckets = segment == 0 ? first : atomic_load(&later[segment - 1]);
    const uint64_t mixed = ((uint64_t)(uintptr_t)handle >> 6) * UINT64_C(0x9e3779b97f4a7c15);
    return buckets ? &buckets[(mixed >> 32) & (((uint64_t)FIRST_BUCKETS << segment) - 1)] : NULL;
}

static uintptr_t key_of(const void *handle) {
    return ~(uintptr_t)handle & ~(uintptr_t)STATE;
}

/** The slot of `handle`, and what is in it; NULL: not open. */
static atomic_uintptr_t *find(const void *handle, uintptr_t *found) {
    if (!handle || ((uintptr_t)handle & STATE) != 0) {
        return NULL;
    }
    for (int segment = 0; segment < SEGMENTS; segment++) {
        bucket *at = bucket_of(segment, handle);
        for (int i = 0; at && i < SLOTS; i++) {
            *found = atomic_load(&at->slots[i]);
            if (*found != 0 && (*found & ~(uintptr_t)STATE) == key_of(handle)) {
                return &at->slots[i];
            }
        }
        if (!at) {
            break;
        }
    }
    return NULL;
}

static bool add_to(bucket *at, uintptr_t state) {
    for (int i = 0; at && i < SLOTS; i++) {
        uintptr_t empty = 0;
        if (atomic_compare_exchange_strong(&at->slots[i], &empty, state)) {
            return true;
        }
    }
    return false;
}

/** Makes the segment, unless another thread has; false: no memory. */
static bool grow(int segment) {
    const size_t size = ((size_t)FIRST_BUCKETS << segment) * sizeof(bucket);
    bucket *own = aligned_alloc(sizeof(bucket), size);
    if (!own) {
        return false;
    }
    for (size_t i = 0; i < size / sizeof(bucket); i++) {
        for (int k = 0; k < SLOTS; k++) {
            atomic_init(&own[i].slots[k], 0);
        }
    }
    bucket *none = NULL;
    if (!atomic_compare_exchange_strong(&later[segment - 1], &none, own)) {
        free(own);
    }
    return true;
}

/* The library may be unloaded after the last handle. */
__attribute__((destructor)) static void release_segments(void) {
    for (int i = 0; i < SEGMENTS - 1; i++) {
        free(atomic_exchange(&later[i], NULL));
    }
}

bool iou_handle_table_add(const void *handle, int kind) {
    const uintptr_t state = key_of(handle) | (uintptr_t)kind;
    for (int segment = 0; segment < SEGMENTS; segment++) {
        if (!bucket_of(segment, handle) && !grow(segment)) {
            return false;
        }
        if (add_to(bucket_of(segment, handle), state)) {
            return true;
        }
    }
    return false;
}

int iou_handle_table_kind(const void *handle) {
    uintptr_t state;
    return find(handle, &state) ? (int)(state & (BUSY - 1)) : 0;
}

bool iou_handle_table_enter(const void *handle, int kind) {
    uintptr_t state;
    atomic_uintptr_t *slot = find(handle, &state);
    uintptr_t idle = key_of(handle) | (uintptr_t)kind;
    return slot && atomic_compare_exchange_strong(slot, &idle, idle | BUSY);
}

void iou_handle_table_leave(const void *handle) {
    uintptr_t state;
    atomic_uintptr_t *slot = find(handle, &state);
    if (slot) {
        atomic_store(slot, state & ~(uintptr_t)BUSY);
    }
}

void iou_handle_table_remove(const void *handle) {
    uintptr_t state;
    atomic_uintptr_t *slot = find(handle, &state);
    if (slot) {
        atomic_store(slot, 0);
    }
}

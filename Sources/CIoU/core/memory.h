/* All memory of the library. A block knows where it came from, so that any thread may release it.
 */
#ifndef IOU_MEMORY_H
#define IOU_MEMORY_H

#include "iou/iou.h"

/**
 * What this thread takes until iou_memory_leave comes from `allocator` (no functions, or NULL:
 * malloc). Returns what was in force before, which iou_memory_leave needs. A public function enters
 * with the allocator of its handle.
 */
const iou_allocator *iou_memory_enter(const iou_allocator *allocator);
void iou_memory_leave(const iou_allocator *before);

/** The allocator in force, for memory that is taken later; without functions: malloc. */
iou_allocator iou_memory_allocator(void);

/** `size` up to the next multiple of 64, where memory that is cut into parts has the next one. */
static inline size_t iou_memory_aligned(size_t size) {
    return (size + 63) & ~(size_t)63;
}

/** At least `size` bytes, 64-byte aligned, on huge pages where large; NULL: none left. */
void *iou_memory_take(size_t size);

/** Zeros for `count` elements, at least one byte. */
void *iou_memory_zeroed(size_t count, size_t size);

/** Accepts NULL. */
void iou_memory_release(void *memory);

#endif

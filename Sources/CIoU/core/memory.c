#define _DEFAULT_SOURCE
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64, HUGE_PAGE = 1 << 21 };

/* Is before every block. */
typedef union origin {
    struct {
        void *context;
        void (*release)(void *context, void *memory); /* NULL: free */
    } from;
    unsigned char padding[ALIGNMENT];
} origin;

_Static_assert(sizeof(origin) == ALIGNMENT, "a block begins aligned");

static _Thread_local const iou_allocator *current;

const iou_allocator *iou_memory_enter(const iou_allocator *allocator) {
    const iou_allocator *before = current;
    current = allocator && allocator->allocate ? allocator : NULL;
    return before;
}

void iou_memory_leave(const iou_allocator *before) {
    current = before;
}

iou_allocator iou_memory_allocator(void) {
    return current ? *current : (iou_allocator){0};
}

/* Requests huge pages where a whole one is used: a kernel that streams through megabytes otherwise
 * waits for page tables. The rest keeps small pages, so that no memory is taken for nothing. */
static void prefer_huge_pages(void *memory, size_t size) {
#if defined(MADV_HUGEPAGE)
    const size_t whole = size / HUGE_PAGE * HUGE_PAGE;
    if (memory != NULL && whole != 0) {
        (void)madvise(memory, whole, MADV_HUGEPAGE);
    }
#else
    (void)memory, (void)size;
#endif
}

void *iou_memory_take(size_t size) {
    if (size > SIZE_MAX - HUGE_PAGE - sizeof(origin)) {
        return NULL;
    }
    const size_t all = size + sizeof(origin);
    const size_t alignment = all >= HUGE_PAGE ? (size_t)HUGE_PAGE : (size_t)ALIGNMENT;
    const size_t rounded = (all + alignment - 1) / alignment * alignment;
    const iou_allocator *allocator = current;
    origin *block;
    if (allocator) {
        block = allocator->allocate(allocator->context, rounded, alignment);
    } else {
        block = aligned_alloc(alignment, rounded);
        prefer_huge_pages(block, all);
    }
    if (!block) {
        return NULL;
    }
    block->from.context = allocator ? allocator->context : NULL;
    block->from.release = allocator ? allocator->release : NULL;
    return block + 1;
}

void *iou_memory_zeroed(size_t count, size_t size) {
    size_t all;
    if (__builtin_mul_overflow(count, size, &all)) {
        return NULL;
    }
    void *memory = iou_memory_take(all);
    return memory ? memset(memory, 0, all) : NULL;
}

void iou_memory_release(void *memory) {
    if (memory) {
        origin *block = (origin *)memory - 1;
        if (block->from.release) {
            block->from.release(block->from.context, block);
        } else {
            free(block);
        }
    }
}

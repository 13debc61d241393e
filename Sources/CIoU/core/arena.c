#define _DEFAULT_SOURCE
#include "core/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64, BLOCK_SIZE = 1 << 16, HUGE_PAGE = 1 << 21 };

typedef struct block {
    struct block *next;
    size_t used, size;
    unsigned char padding[ALIGNMENT - sizeof(void *) - 2 * sizeof(size_t)];
} block;

_Static_assert(sizeof(block) == ALIGNMENT, "a block's memory begins aligned");

struct iou_arena {
    block *blocks;
};

/* Asks for huge pages where a whole one is used: a kernel that streams through megabytes otherwise
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

void *iou_aligned_alloc(size_t size) {
    const size_t alignment = size >= HUGE_PAGE ? (size_t)HUGE_PAGE : (size_t)ALIGNMENT;
    if (size > SIZE_MAX - alignment) {
        return NULL;
    }
    void *memory = aligned_alloc(
        alignment, size == 0 ? alignment : (size + alignment - 1) / alignment * alignment);
    prefer_huge_pages(memory, size);
    return memory;
}

iou_arena *iou_arena_create(void) {
    return calloc(1, sizeof(iou_arena));
}

void iou_arena_destroy(iou_arena *arena) {
    if (!arena) {
        return;
    }
    for (block *b = arena->blocks; b;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static block *add_block(iou_arena *arena, size_t size) {
    const size_t capacity = size > BLOCK_SIZE ? size : (size_t)BLOCK_SIZE;
    block *b = iou_aligned_alloc(sizeof(block) + capacity);
    if (b) {
        b->next = arena->blocks;
        b->used = 0;
        b->size = capacity;
        arena->blocks = b;
    }
    return b;
}

void *iou_arena_alloc(iou_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    const size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b = arena->blocks;
    if (!b || b->size - b->used < rounded) {
        b = add_block(arena, rounded);
        if (!b) {
            return NULL;
        }
    }
    unsigned char *memory = (unsigned char *)b + sizeof(block) + b->used;
    b->used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

char *iou_arena_strdup(iou_arena *arena, const char *text, size_t length) {
    char *copy = iou_arena_alloc(arena, length + 1);
    if (copy) {
        memcpy(copy, text, length);
    }
    return copy;
}

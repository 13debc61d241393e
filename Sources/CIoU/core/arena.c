#include "core/arena.h"

#include "core/memory.h"

#include <stdint.h>
#include <string.h>

enum { ALIGNMENT = 64, BLOCK_SIZE = 1 << 16 };

typedef struct block {
    struct block *next;
    size_t used, size;
    unsigned char padding[ALIGNMENT - sizeof(void *) - 2 * sizeof(size_t)];
} block;

_Static_assert(sizeof(block) == ALIGNMENT, "a block's memory begins aligned");

struct iou_arena {
    block *blocks;
};

iou_arena *iou_arena_create(void) {
    return iou_memory_zeroed(1, sizeof(iou_arena));
}

void iou_arena_destroy(iou_arena *arena) {
    if (!arena) {
        return;
    }
    for (block *b = arena->blocks; b;) {
        block *next = b->next;
        iou_memory_release(b);
        b = next;
    }
    iou_memory_release(arena);
}

static block *add_block(iou_arena *arena, size_t size) {
    const size_t capacity = size > BLOCK_SIZE ? size : (size_t)BLOCK_SIZE;
    block *b = iou_memory_take(sizeof(block) + capacity);
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
    const size_t rounded = iou_memory_aligned(size);
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

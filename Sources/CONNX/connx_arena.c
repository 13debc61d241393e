#include "connx_arena.h"

#include <stdlib.h>

enum { ALIGNMENT = 16 };

size_t connx_arena_cost(size_t size) {
    return size > SIZE_MAX - ALIGNMENT ? SIZE_MAX : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

bool connx_arena_open(connx_arena *arena, size_t size) {
    *arena = (connx_arena){.block = malloc(size ? size : 1), .size = size};
    return arena->block != NULL;
}

void connx_arena_close(connx_arena *arena) {
    free(arena->block);
    *arena = (connx_arena){0};
}

static void *arena_alloc(void *opaque, size_t size) {
    connx_arena *arena = opaque;
    const size_t cost = connx_arena_cost(size);
    if (cost > arena->size - arena->used) {
        arena->exhausted = true;
        return NULL;
    }
    void *piece = arena->block + arena->used;
    arena->used += cost;
    return piece;
}

static void arena_free(void *opaque, void *piece) {
    (void)opaque;
    (void)piece;
}

ProtobufCAllocator connx_arena_allocator(connx_arena *arena) {
    return (ProtobufCAllocator){.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};
}

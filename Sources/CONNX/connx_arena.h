/* One block that is given out in pieces and freed whole. */
#ifndef CONNX_ARENA_H
#define CONNX_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

typedef struct connx_arena {
    uint8_t *block;
    size_t size;
    size_t used;
    bool exhausted; /* a piece was asked for that did not fit */
} connx_arena;

/* Bytes that a piece of `size` takes, at most; SIZE_MAX if that is no size. */
size_t connx_arena_cost(size_t size);

/* False if there is no memory. */
bool connx_arena_open(connx_arena *arena, size_t size);
void connx_arena_close(connx_arena *arena);

/* An allocator for protobuf-c, valid as long as `arena`; its `free` keeps everything. */
ProtobufCAllocator connx_arena_allocator(connx_arena *arena);

#endif

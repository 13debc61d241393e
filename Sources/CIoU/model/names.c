#include "model/names.h"

#include <stdint.h>
#include <string.h>

typedef struct slot {
    const char *name;
    int number;
} slot;

struct iou_names {
    slot *slots;
    size_t mask;
};

iou_names *iou_names_create(iou_arena *arena, size_t capacity) {
    size_t size = 16;
    while (size < 2 * capacity) {
        size *= 2;
    }
    iou_names *names = iou_arena_alloc(arena, sizeof *names);
    if (!names) {
        return NULL;
    }
    names->slots = iou_arena_alloc(arena, size * sizeof(slot));
    names->mask = size - 1;
    return names->slots ? names : NULL;
}

/** FNV-1a. */
static uint64_t hash(const char *name) {
    uint64_t h = 1469598103934665603ull;
    for (const char *c = name; *c; c++) {
        h = (h ^ (unsigned char)*c) * 1099511628211ull;
    }
    return h ^ (h >> 29);
}

static slot *find_slot(const iou_names *names, const char *name) {
    for (size_t i = hash(name) & names->mask;; i = (i + 1) & names->mask) {
        slot *s = &names->slots[i];
        if (!s->name || strcmp(s->name, name) == 0) {
            return s;
        }
    }
}

int iou_names_find(const iou_names *names, const char *name) {
    const slot *s = find_slot(names, name);
    return s->name ? s->number : -1;
}

bool iou_names_add(iou_names *names, const char *name, int number) {
    slot *s = find_slot(names, name);
    if (s->name) {
        return false;
    }
    *s = (slot){name, number};
    return true;
}

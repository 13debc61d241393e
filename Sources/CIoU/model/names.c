#include "model/names.h"

#include <stdint.h>
#include <string.h>

typedef struct slot {
    const char *name;
    int number;
} slot;

struct iou_names {
    iou_arena *arena;
    slot *slots;
    size_t mask, count;
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
    *names = (iou_names){arena, iou_arena_alloc(arena, size * sizeof(slot)), size - 1, 0};
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

/** Makes room for twice as many names; without memory they stay as they are. */
static void grow(iou_names *names) {
    iou_names larger = {names->arena, NULL, 2 * names->mask + 1, names->count};
    larger.slots = iou_arena_alloc(names->arena, (larger.mask + 1) * sizeof(slot));
    for (size_t i = 0; larger.slots && i <= names->mask; i++) {
        if (names->slots[i].name) {
            *find_slot(&larger, names->slots[i].name) = names->slots[i];
        }
    }
    if (larger.slots) {
        *names = larger;
    }
}

bool iou_names_add(iou_names *names, const char *name, int number) {
    if (names->count > names->mask / 4 * 3) {
        grow(names);
    }
    slot *s = find_slot(names, name);
    if (s->name || names->count >= names->mask) { /* a slot must stay free */
        return false;
    }
    *s = (slot){name, number};
    names->count++;
    return true;
}

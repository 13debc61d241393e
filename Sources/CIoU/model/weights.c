#include "model/weights.h"

#include "core/arena.h"

#include <stdlib.h>

typedef struct entry {
    struct entry *next;
    iou_packing packing;
    void *memory;
} entry;

enum { BUCKETS = 1024 };

struct iou_weights {
    entry *buckets[BUCKETS];
    size_t size;
};

iou_weights *iou_weights_create(void) {
    return calloc(1, sizeof(iou_weights));
}

void iou_weights_destroy(iou_weights *weights) {
    if (!weights) {
        return;
    }
    for (int i = 0; i < BUCKETS; i++) {
        for (entry *e = weights->buckets[i]; e;) {
            entry *next = e->next;
            free(e->memory);
            free(e);
            e = next;
        }
    }
    free(weights);
}

static bool is_same(const iou_packing *a, const iou_packing *b) {
    return a->of == b->of && a->with == b->with && a->kind == b->kind && a->size == b->size;
}

const void *iou_weights_get(iou_weights *weights, const iou_packing *packing, iou_pack fill,
                            const void *context) {
    entry **bucket = &weights->buckets[(uintptr_t)packing->of / 64 % BUCKETS];
    for (entry *e = *bucket; e; e = e->next) {
        if (is_same(&e->packing, packing)) {
            return e->memory;
        }
    }
    entry *e = calloc(1, sizeof *e);
    void *memory = iou_aligned_alloc(packing->size);
    if (!e || !memory) {
        free(e);
        free(memory);
        return NULL;
    }
    fill(context, memory);
    *e = (entry){*bucket, *packing, memory};
    *bucket = e;
    weights->size += packing->size;
    return memory;
}

size_t iou_weights_size(const iou_weights *weights) {
    return weights->size;
}

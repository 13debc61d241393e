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
    const iou_file *source;
    size_t packed; /* since the source's pages were given back */
};

iou_weights *iou_weights_create(const iou_file *source) {
    iou_weights *weights = calloc(1, sizeof(iou_weights));
    if (weights) {
        weights->source = source;
    }
    return weights;
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

/* A model's weights are in memory once, packed, not twice: also while they are being packed. */
static void forget_source(iou_weights *weights, size_t packed) {
    enum { EVERY = 16 << 20 };
    weights->packed += packed;
    if (weights->source && weights->packed >= EVERY) {
        iou_file_forget(weights->source);
        weights->packed = 0;
    }
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
    forget_source(weights, packing->size);
    return memory;
}

size_t iou_weights_size(const iou_weights *weights) {
    return weights->size;
}

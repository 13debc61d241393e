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
    iou_workers *workers; /* NULL: the caller alone */
    size_t packed;        /* since the source's pages were given back */
};

iou_weights *iou_weights_create(const iou_file *source, iou_workers *workers) {
    iou_weights *weights = calloc(1, sizeof(iou_weights));
    if (weights) {
        weights->source = source;
        weights->workers = workers;
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

/* ---- Packing ------------------------------------------------------------------------------- */

/* A packing that threads share. */
typedef struct job {
    iou_pack fill;
    const void *context;
    void *memory;
    size_t units, step; /* of them at a time */
    atomic_size_t next;
} job;

static void work(void *context, int thread, int threads) {
    (void)thread;
    (void)threads;
    job *j = context;
    for (;;) {
        const size_t first = atomic_fetch_add(&j->next, j->step);
        if (first >= j->units) {
            return;
        }
        const size_t left = j->units - first;
        j->fill(j->context, j->memory, first, left < j->step ? left : j->step);
    }
}

static void pack(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                 const void *context, void *memory) {
    enum { WORTH_THREADS = 1 << 16, STEPS = 4 };
    const bool together = weights->workers && packing->size >= WORTH_THREADS;
    const size_t threads = together ? (size_t)iou_workers_count(weights->workers) : 1;
    job j = {fill, context, memory, packing->units, packing->units / (threads * STEPS) + 1, 0};
    if (together) {
        iou_parallel(weights->workers, work, &j);
    } else {
        work(&j, 0, 1);
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
    pack(weights, packing, fill, context, memory);
    *e = (entry){*bucket, *packing, memory};
    *bucket = e;
    weights->size += packing->size;
    forget_source(weights, packing->size);
    return memory;
}

size_t iou_weights_size(const iou_weights *weights) {
    return weights->size;
}

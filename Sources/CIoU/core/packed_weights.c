#include "core/packed_weights.h"

#include "core/memory.h"
#include "core/sizes.h"

#include <pthread.h>

typedef struct entry {
    struct entry *next;
    iou_packing packing;
    iou_isa isa;
    void *memory;
} entry;

enum { BUCKETS = 1024 };

struct iou_shelf {
    iou_allocator allocator; /* of the model, which the shelf lives as long as */
    pthread_mutex_t mutex;
    entry *buckets[BUCKETS];
    size_t size;
    const iou_file *source;
    size_t packed; /* since the source's pages were given back */
};

iou_shelf *iou_shelf_create(const iou_file *source) {
    iou_shelf *shelf = iou_memory_zeroed(1, sizeof(iou_shelf));
    if (shelf) {
        shelf->allocator = iou_memory_allocator();
        (void)pthread_mutex_init(&shelf->mutex, NULL);
        shelf->source = source;
    }
    return shelf;
}

void iou_shelf_destroy(iou_shelf *shelf) {
    if (!shelf) {
        return;
    }
    for (int i = 0; i < BUCKETS; i++) {
        for (entry *e = shelf->buckets[i]; e;) {
            entry *next = e->next;
            iou_memory_release(e->memory);
            iou_memory_release(e);
            e = next;
        }
    }
    (void)pthread_mutex_destroy(&shelf->mutex);
    iou_memory_release(shelf);
}

size_t iou_shelf_size(iou_shelf *shelf) {
    (void)pthread_mutex_lock(&shelf->mutex);
    const size_t size = shelf->size;
    (void)pthread_mutex_unlock(&shelf->mutex);
    return size;
}

/* A model's weights are in memory once, packed, not twice: also while they are being packed. */
static void forget_source(iou_shelf *shelf, size_t packed) {
    enum { EVERY = 16 << 20 };
    shelf->packed += packed;
    if (shelf->source && shelf->packed >= EVERY) {
        iou_file_forget(shelf->source);
        shelf->packed = 0;
    }
}

/* ---- Packing ------------------------------------------------------------------------------- */

/* A packing that threads share. */
typedef struct job {
    iou_pack fill;
    const void *context;
    void *memory;
    size_t units, step; /* of them at a time */
} job;

static void pack_units(void *context, size_t task, int thread) {
    const job *j = context;
    const size_t first = task * j->step;
    (void)thread;
    j->fill(j->context, j->memory, first, iou_size_min(j->units - first, j->step));
}

static void pack(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                 const void *context, void *memory) {
    enum { WORTH_THREADS = 1 << 16, STEPS = 4 };
    const bool together = weights->workers && packing->size >= WORTH_THREADS;
    const size_t threads = together ? (size_t)iou_workers_count(weights->workers) : 1;
    job j = {fill, context, memory, packing->units, packing->units / (threads * STEPS) + 1};
    iou_parallel_tasks(together ? weights->workers : NULL, iou_divide_up(j.units, j.step),
                       pack_units, &j);
}

/* ---- The shelf ----------------------------------------------------------------------------- */

static entry **bucket_of(iou_shelf *shelf, const iou_packing *packing) {
    return &shelf->buckets[(uintptr_t)packing->of / 64 % BUCKETS];
}

static void *find(iou_shelf *shelf, const iou_packing *packing, iou_isa isa) {
    for (const entry *e = *bucket_of(shelf, packing); e; e = e->next) {
        const iou_packing *p = &e->packing;
        if (p->of == packing->of && p->with == packing->with && p->kind == packing->kind &&
            p->size == packing->size && e->isa == isa) {
            return e->memory;
        }
    }
    return NULL;
}

static void *add(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                 const void *context) {
    iou_shelf *shelf = weights->shelf;
    const iou_allocator *before = iou_memory_enter(&shelf->allocator);
    entry *e = iou_memory_zeroed(1, sizeof *e);
    void *memory = iou_memory_take(packing->size);
    iou_memory_leave(before);
    if (!e || !memory) {
        iou_memory_release(e);
        iou_memory_release(memory);
        return NULL;
    }
    pack(weights, packing, fill, context, memory);
    entry **bucket = bucket_of(shelf, packing);
    *e = (entry){*bucket, *packing, weights->isa, memory};
    *bucket = e;
    shelf->size += packing->size;
    forget_source(shelf, packing->size);
    return memory;
}

const void *iou_weights_get(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                            const void *context) {
    iou_shelf *shelf = weights->shelf;
    (void)pthread_mutex_lock(&shelf->mutex);
    void *memory = find(shelf, packing, weights->isa);
    if (!memory) {
        memory = add(weights, packing, fill, context);
    }
    (void)pthread_mutex_unlock(&shelf->mutex);
    return memory;
}

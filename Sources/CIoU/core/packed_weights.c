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

struct iou_packed_weights {
    iou_allocator allocator; /* of the model, which the cache lives as long as */
    pthread_mutex_t mutex;
    entry *buckets[BUCKETS];
    size_t size;
    const iou_file *source;
    size_t packed; /* since the source's pages were given back */
};

iou_packed_weights *iou_packed_weights_create(const iou_file *source) {
    iou_packed_weights *cache = iou_memory_zeroed(1, sizeof(iou_packed_weights));
    if (cache) {
        cache->allocator = iou_memory_allocator();
        (void)pthread_mutex_init(&cache->mutex, NULL);
        cache->source = source;
    }
    return cache;
}

void iou_packed_weights_destroy(iou_packed_weights *cache) {
    if (!cache) {
        return;
    }
    for (int i = 0; i < BUCKETS; i++) {
        for (entry *e = cache->buckets[i]; e;) {
            entry *next = e->next;
            iou_memory_release(e->memory);
            iou_memory_release(e);
            e = next;
        }
    }
    (void)pthread_mutex_destroy(&cache->mutex);
    iou_memory_release(cache);
}

size_t iou_packed_weights_size(iou_packed_weights *cache) {
    (void)pthread_mutex_lock(&cache->mutex);
    const size_t size = cache->size;
    (void)pthread_mutex_unlock(&cache->mutex);
    return size;
}

/* A model's weights are in memory once, packed, not twice: also while they are being packed. */
static void forget_source(iou_packed_weights *cache, size_t packed) {
    enum { EVERY = 16 << 20 };
    cache->packed += packed;
    if (cache->source && cache->packed >= EVERY) {
        iou_file_forget(cache->source);
        cache->packed = 0;
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

/* ---- The cache ----------------------------------------------------------------------------- */

static entry **bucket_of(iou_packed_weights *cache, const iou_packing *packing) {
    return &cache->buckets[(uintptr_t)packing->of / 64 % BUCKETS];
}

static void *find(iou_packed_weights *cache, const iou_packing *packing, iou_isa isa) {
    for (const entry *e = *bucket_of(cache, packing); e; e = e->next) {
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
    iou_packed_weights *cache = weights->cache;
    const iou_allocator *before = iou_memory_enter(&cache->allocator);
    entry *e = iou_memory_zeroed(1, sizeof *e);
    void *memory = iou_memory_take(packing->size);
    iou_memory_leave(before);
    if (!e || !memory) {
        iou_memory_release(e);
        iou_memory_release(memory);
        return NULL;
    }
    pack(weights, packing, fill, context, memory);
    entry **bucket = bucket_of(cache, packing);
    *e = (entry){*bucket, *packing, weights->isa, memory};
    *bucket = e;
    cache->size += packing->size;
    forget_source(cache, packing->size);
    return memory;
}

const void *iou_weights_get(const iou_weights *weights, const iou_packing *packing, iou_pack fill,
                            const void *context) {
    iou_packed_weights *cache = weights->cache;
    (void)pthread_mutex_lock(&cache->mutex);
    void *memory = find(cache, packing, weights->isa);
    if (!memory) {
        memory = add(weights, packing, fill, context);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    return memory;
}

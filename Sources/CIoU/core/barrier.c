#include "core/barrier.h"

#include "core/memory.h"
#include "core/spin.h"

#include <pthread.h>
#include <stdatomic.h>

struct iou_barrier {
    atomic_int arrived;
    atomic_uint generation;
    pthread_mutex_t mutex;
    pthread_cond_t released;
};

iou_barrier *iou_barrier_create(void) {
    iou_barrier *barrier = iou_memory_zeroed(1, sizeof *barrier);
    if (barrier) {
        (void)pthread_mutex_init(&barrier->mutex, NULL);
        (void)pthread_cond_init(&barrier->released, NULL);
    }
    return barrier;
}

void iou_barrier_destroy(iou_barrier *barrier) {
    if (barrier) {
        (void)pthread_cond_destroy(&barrier->released);
        (void)pthread_mutex_destroy(&barrier->mutex);
        iou_memory_release(barrier);
    }
}

void iou_barrier_wait(iou_barrier *barrier, int threads, void (*serial)(void *context),
                      void *context) {
    const unsigned generation = atomic_load(&barrier->generation);
    if (atomic_fetch_add(&barrier->arrived, 1) + 1 == threads) {
        serial(context);
        atomic_store(&barrier->arrived, 0);
        (void)pthread_mutex_lock(&barrier->mutex);
        atomic_fetch_add(&barrier->generation, 1);
        (void)pthread_cond_broadcast(&barrier->released);
        (void)pthread_mutex_unlock(&barrier->mutex);
        return;
    }
    iou_await_change(&barrier->generation, generation, &barrier->mutex, &barrier->released);
}

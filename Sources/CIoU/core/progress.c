#include "core/progress.h"

#include "core/memory.h"
#include "core/spin.h"

#include <pthread.h>
#include <stdatomic.h>

struct iou_progress {
    atomic_uint value;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

iou_progress *iou_progress_create(void) {
    iou_progress *progress = iou_memory_zeroed(1, sizeof *progress);
    if (progress) {
        (void)pthread_mutex_init(&progress->mutex, NULL);
        (void)pthread_cond_init(&progress->changed, NULL);
    }
    return progress;
}

void iou_progress_destroy(iou_progress *progress) {
    if (progress) {
        (void)pthread_cond_destroy(&progress->changed);
        (void)pthread_mutex_destroy(&progress->mutex);
        iou_memory_release(progress);
    }
}

unsigned iou_progress_value(const iou_progress *progress) {
    return atomic_load_explicit(&progress->value, memory_order_acquire);
}

void iou_progress_set(iou_progress *progress, unsigned value) {
    (void)pthread_mutex_lock(&progress->mutex);
    atomic_store_explicit(&progress->value, value, memory_order_release);
    (void)pthread_cond_broadcast(&progress->changed);
    (void)pthread_mutex_unlock(&progress->mutex);
}

unsigned iou_progress_await(iou_progress *progress, unsigned seen) {
    iou_await_change(&progress->value, seen, &progress->mutex, &progress->changed);
    return iou_progress_value(progress);
}

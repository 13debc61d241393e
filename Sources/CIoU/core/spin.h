/* A wait of at most a millisecond, which bridges the gaps between operators and between runs that
 * follow each other at once: a processor that sleeps may take as long to wake up. A longer one must
 * sleep, not burn a processor that somebody else could use. */
#ifndef IOU_SPIN_H
#define IOU_SPIN_H

#include "core/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { IOU_SPIN_NS = 1000000 };

static inline void iou_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/** Waits shortly; returns whether `count` is no longer `seen`. */
static inline bool iou_spin(atomic_uint *count, unsigned seen) {
    enum { LOOKS = 64 }; /* between those at the clock */
    const int64_t begin = iou_clock_ns();
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load_explicit(count, memory_order_acquire) != seen) {
                return true;
            }
            iou_relax();
        }
    } while (iou_clock_ns() - begin < IOU_SPIN_NS);
    return false;
}

/** Waits until `count` is no longer `seen`; who changes it then broadcasts `changed` under `mutex`.
 */
static inline void iou_await_change(atomic_uint *count, unsigned seen, pthread_mutex_t *mutex,
                                    pthread_cond_t *changed) {
    if (iou_spin(count, seen)) {
        return;
    }
    (void)pthread_mutex_lock(mutex);
    while (atomic_load(count) == seen) {
        (void)pthread_cond_wait(changed, mutex);
    }
    (void)pthread_mutex_unlock(mutex);
}

#endif

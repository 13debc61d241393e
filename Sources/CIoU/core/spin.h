/* A wait of some microseconds, which bridges the gap between operators; a longer one must sleep,
 * not burn a processor that somebody else could use. */
#ifndef IOU_SPIN_H
#define IOU_SPIN_H

#include <pthread.h>
#include <stdatomic.h>

enum { IOU_SPINS = 4000 };

static inline void iou_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/** Waits until `count` is no longer `seen`; who changes it then broadcasts `changed` under `mutex`.
 */
static inline void iou_await_change(atomic_uint *count, unsigned seen, pthread_mutex_t *mutex,
                                    pthread_cond_t *changed) {
    for (int i = 0; i < IOU_SPINS; i++) {
        if (atomic_load_explicit(count, memory_order_acquire) != seen) {
            return;
        }
        iou_relax();
    }
    (void)pthread_mutex_lock(mutex);
    while (atomic_load(count) == seen) {
        (void)pthread_cond_wait(changed, mutex);
    }
    (void)pthread_mutex_unlock(mutex);
}

#endif

/* One team of threads per run: tasks are claimed from a counter, operators separated by a barrier.
 */
#ifndef IOU_PARALLEL_H
#define IOU_PARALLEL_H

#include <stdatomic.h>
#include <stddef.h>

/** Runs `body(context, thread, threads)` on up to `threads` concurrent participants, the caller
 * being thread 0. */
void iou_parallel(int threads, void (*body)(void *context, int thread, int threads), void *context);

/** A reusable barrier that spins shortly, then sleeps. */
typedef struct iou_barrier iou_barrier;

iou_barrier *iou_barrier_create(void);
void iou_barrier_destroy(iou_barrier *barrier);

/** Waits for all `threads`; the last to arrive calls `serial(context)` before it releases them. */
void iou_barrier_wait(iou_barrier *barrier, int threads, void (*serial)(void *context),
                      void *context);

#endif

/* A reusable barrier that spins shortly, then sleeps. */
#ifndef IOU_BARRIER_H
#define IOU_BARRIER_H

typedef struct iou_barrier iou_barrier;

iou_barrier *iou_barrier_create(void);
void iou_barrier_destroy(iou_barrier *barrier); /**< accepts NULL */

/** Waits for all `threads`; the last to arrive calls `serial(context)` before it releases them. */
void iou_barrier_wait(iou_barrier *barrier, int threads, void (*serial)(void *context),
                      void *context);

#endif

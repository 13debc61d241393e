/* The threads of a session: the caller's team, OpenMP's or plain threads. */
#ifndef IOU_PARALLEL_H
#define IOU_PARALLEL_H

#include "iou/iou.h"

#include <stdatomic.h>

enum { IOU_MAX_THREADS = 1024 };

typedef struct iou_workers iou_workers;

/** Up to `threads` participants, of `team` if there is one. NULL without memory. */
iou_workers *iou_workers_create(int threads, const iou_team *team);

/** Ends the threads; accepts NULL. */
void iou_workers_destroy(iou_workers *workers);

int iou_workers_count(const iou_workers *workers);

/** Runs body(argument, thread, threads) on concurrent participants, the caller mostly being thread
 * 0; `threads` is the count of workers, or less where the system gives less. */
void iou_parallel(iou_workers *workers, iou_team_body body, void *argument);

#endif

/* The threads of a session: the caller's team, OpenMP's or plain threads. */
#ifndef IOU_PARALLEL_H
#define IOU_PARALLEL_H

#include "iou/iou.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { IOU_MAX_THREADS = 1024 };

typedef struct iou_workers iou_workers;

/** Who the threads are that no team of the caller's replaces: "OpenMP" or "thread pool". */
const char *iou_workers_name(void);

/** Up to `threads` participants, of `team` if there is one. NULL without memory. */
iou_workers *iou_workers_create(int threads, const iou_team *team);

/** Ends the threads; accepts NULL. */
void iou_workers_destroy(iou_workers *workers);

int iou_workers_count(const iou_workers *workers);

/** Runs body(argument, thread, threads) on concurrent participants, the caller mostly being thread
 * 0; `threads` is the count of workers, or less where the system gives less. */
void iou_parallel(iou_workers *workers, iou_team_body body, void *argument);

/** One of many tasks, on one of the threads. */
typedef void (*iou_task_body)(void *argument, size_t task, int thread);

/** Runs body(argument, task, thread) once for each task below `count`, on threads that take the
 * next task when they have done one. `workers` NULL: all on the calling thread. */
void iou_parallel_tasks(iou_workers *workers, size_t count, iou_task_body body, void *argument);

/** Takes the next of `count` tasks from a counter that threads share; false: none is left. */
static inline bool iou_task_take(atomic_size_t *next, size_t count, size_t *task) {
    *task = atomic_fetch_add(next, 1);
    return *task < count;
}

#endif

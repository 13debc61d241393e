/* Plain threads that serve one caller: they begin with the first job, sleep between jobs and end
 * with the pool. */
#ifndef IOU_THREAD_POOL_H
#define IOU_THREAD_POOL_H

#include "iou/iou.h"

typedef struct iou_thread_pool iou_thread_pool;

/** A pool of `threads` >= 2, the caller being one of them. NULL without memory. */
iou_thread_pool *iou_thread_pool_create(int threads);
void iou_thread_pool_destroy(iou_thread_pool *pool); /**< accepts NULL */

/** One job: body(argument, thread, n) for each thread below n, which is less than the pool's
 * threads where the system gives no more. */
void iou_thread_pool_run(iou_thread_pool *pool, iou_team_body body, void *argument);

#endif

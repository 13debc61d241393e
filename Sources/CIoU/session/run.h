/* Executes steps of a plan with one team of threads. */
#ifndef IOU_RUN_H
#define IOU_RUN_H

#include "core/progress.h"
#include "core/parallel.h"
#include "ops/run_pool.h"
#include "plan/plan.h"

/** What a run needs besides the plan; its pointers are resolved in the plan's steps. */
typedef struct iou_run {
    const iou_plan *plan;
    int first, count; /**< of its steps */
    iou_workers *workers;
    iou_progress *progress;
    atomic_size_t *next_task; /**< of each step, at least plan->step_count */
    char *scratch;            /**< plan->scratch_size bytes a thread */
    double *milliseconds;     /**< of each step; NULL: not requested */
    const iou_run_options *options;
    int *threads;       /**< becomes the count that took part */
    iou_run_pool *pool; /**< of what steps make whose size the run finds */
} iou_run;

iou_status iou_run_plan(const iou_run *run, iou_error *error);

/** Runs one step on the calling thread, as those that take memory must be. */
iou_status iou_run_step(const iou_run *run, int step, iou_error *error);

#endif

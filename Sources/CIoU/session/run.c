#include "session/run.h"

#include "core/clock.h"

#include <string.h>

/** Shared by the team; `stop`, `step` and `begin` change only while all but one thread wait. */
typedef struct progress {
    const iou_run *run;
    int step;
    int64_t begin;
    bool stop;
    bool stops_alone;  /* the first thread's, within small steps */
    iou_status status; /* why it stopped between steps */
    atomic_int failed; /* status of the first task that failed */
    atomic_flag reporting;
    iou_error error; /* of that task */
} progress;

static iou_status look_around(const iou_run_options *options, int64_t now) {
    if (!options) {
        return IOU_OK;
    }
    /* The flag is the caller's plain int: another thread may set it meanwhile. */
    if (options->cancel && __atomic_load_n(options->cancel, __ATOMIC_RELAXED) != 0) {
        return IOU_CANCELLED;
    }
    return options->deadline_ns > 0 && now > options->deadline_ns ? IOU_DEADLINE : IOU_OK;
}

/* Returns whether the run stops behind the step that has just ended. */
static bool end_step(progress *p) {
    const int64_t now = p->run->milliseconds || p->run->options ? iou_clock_ns() : 0;
    if (p->run->milliseconds) {
        p->run->milliseconds[p->step] = (double)(now - p->begin) * 1e-6;
        p->begin = now;
    }
    p->status = look_around(p->run->options, now);
    p->step++;
    return p->status != IOU_OK || atomic_load(&p->failed) != IOU_OK;
}

static void between_steps(void *context) {
    progress *p = context;
    p->stop = end_step(p);
}

static iou_call make_call(const iou_run *run, const iou_plan_step *step, int thread,
                          iou_error *error) {
    return (iou_call){.params = step->step.params,
                      .in = step->in,
                      .out = step->out,
                      .scratch = run->scratch + (size_t)thread * run->plan->scratch_size,
                      .error = error,
                      .out_dims = step->out_dims,
                      .pool = run->pool,
                      .made = step->out};
}

static void run_tasks(progress *p, const iou_plan_step *step, int index, int thread) {
    iou_error error = {0};
    const iou_call call = make_call(p->run, step, thread, &error);
    for (size_t task; iou_task_take(&p->run->next_task[index], step->step.task_count, &task);) {
        const iou_status status = step->step.run(&call, task);
        if (status != IOU_OK) {
            if (!atomic_flag_test_and_set(&p->reporting)) {
                p->error = error;
                atomic_store(&p->failed, (int)status);
            }
            return;
        }
    }
}

/* Whether a step has no work for a second thread. */
static bool is_small(const iou_plan_step *step) {
    const double few = 1e5; /* some microseconds */
    return step->step.task_count == 1 || (step->step.flop > 0.0 && step->step.flop < few);
}

/* The end of the small steps from `s` on; `s` where it is none. */
static int small_end(const iou_run *run, int s) {
    while (s < run->first + run->count && is_small(&run->plan->steps[s])) {
        s++;
    }
    return s;
}

static void run_alone(progress *p, int first, int end) {
    p->stops_alone = false;
    for (int s = first; s < end && !p->stops_alone; s++) {
        run_tasks(p, &p->run->plan->steps[s], s, 0);
        p->stops_alone = end_step(p);
    }
}

static void behind_small_steps(void *context) {
    progress *p = context;
    p->stop = p->stops_alone;
}

/* Small steps in a row are the first thread's: the others wait once for all of them. */
static void work(void *context, int thread, int threads) {
    progress *p = context;
    const int end = p->run->first + p->run->count;
    if (thread == 0) {
        *p->run->threads = threads;
    }
    if (threads == 1) {
        run_alone(p, p->run->first, end);
        return;
    }
    for (int s = p->run->first; s < end && !p->stop;) {
        const int small = small_end(p->run, s);
        if (small > s) {
            if (thread == 0) {
                run_alone(p, s, small);
            }
            iou_barrier_wait(p->run->barrier, threads, behind_small_steps, p);
            s = small;
        } else {
            run_tasks(p, &p->run->plan->steps[s], s, thread);
            iou_barrier_wait(p->run->barrier, threads, between_steps, p);
            s++;
        }
    }
}

static iou_status fail_step(const iou_plan_step *step, iou_status status, const iou_error *why,
                            iou_error *error) {
    return iou_fail(error, status, "node '%s' (%s): %s", step->name, step->type,
                    why->text[0] ? why->text : iou_status_name(status));
}

iou_status iou_run_plan(const iou_run *run, iou_error *error) {
    progress p = {.run = run, .step = run->first, .reporting = ATOMIC_FLAG_INIT};
    const int end = run->first + run->count;
    for (int s = run->first; s < end; s++) {
        atomic_init(&run->next_task[s], 0);
    }
    p.begin = run->milliseconds || run->options ? iou_clock_ns() : 0;
    p.status = look_around(run->options, p.begin);
    p.stop = p.status != IOU_OK;
    if (!p.stop && run->count > 0) {
        iou_parallel(run->workers, work, &p);
    }
    const int step = p.step < end || p.step == run->first ? p.step : p.step - 1;
    IOU_FAIL_IF(p.status != IOU_OK, p.status, error, "stopped before step %d of %d: %s", step,
                run->plan->step_count, iou_status_name(p.status));
    const iou_status failed = (iou_status)atomic_load(&p.failed);
    return failed == IOU_OK
               ? IOU_OK
               : fail_step(&run->plan->steps[p.step > run->first ? p.step - 1 : run->first], failed,
                           &p.error, error);
}

iou_status iou_run_step(const iou_run *run, int step, iou_error *error) {
    const iou_plan_step *at = &run->plan->steps[step];
    iou_error own = {0};
    const iou_call call = make_call(run, at, 0, &own);
    for (size_t task = 0; task < at->step.task_count; task++) {
        const iou_status status = at->step.run(&call, task);
        if (status != IOU_OK) {
            return fail_step(at, status, &own, error);
        }
    }
    return IOU_OK;
}

#include "session/run.h"

#include "core/clock.h"

#include <string.h>

/* A run, shared by the team. What is not atomic belongs to the thread that has ended a step, until
 * it lets the others see the next. */
typedef struct team_run {
    const iou_run *run;
    int step;
    int64_t begin;
    iou_status status;  /* why it stopped between steps */
    atomic_size_t done; /* tasks of this step */
    atomic_int failed;  /* status of the first task that failed */
    atomic_flag reporting;
    iou_error error; /* of that task */
} team_run;

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

/* Returns whether the run goes on behind the step that has just ended. */
static bool end_step(team_run *t) {
    const int64_t now = t->run->milliseconds || t->run->options ? iou_clock_ns() : 0;
    if (t->run->milliseconds) {
        t->run->milliseconds[t->step] = (double)(now - t->begin) * 1e-6;
        t->begin = now;
    }
    t->status = look_around(t->run->options, now);
    t->step++;
    return t->status == IOU_OK && atomic_load(&t->failed) == IOU_OK;
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

/* Runs tasks of step `index` while there are any; those behind one that failed are only counted.
 * Returns their number. */
static size_t run_tasks(team_run *t, int index, int thread) {
    const iou_plan_step *step = &t->run->plan->steps[index];
    iou_error error = {0};
    const iou_call call = make_call(t->run, step, thread, &error);
    size_t count = 0;
    for (size_t task; iou_task_take(&t->run->next_task[index], step->step.task_count, &task);) {
        const bool runs = atomic_load_explicit(&t->failed, memory_order_relaxed) == IOU_OK;
        const iou_status status = runs ? step->step.run(&call, task) : IOU_OK;
        if (status != IOU_OK && !atomic_flag_test_and_set(&t->reporting)) {
            t->error = error;
            atomic_store(&t->failed, (int)status);
        }
        count++;
    }
    return count;
}

/* Whether a step has no work for a second thread. */
static bool is_small(const iou_plan_step *step) {
    const double few = 1e5; /* some microseconds */
    return step->step.task_count == 1 || (step->step.flop > 0.0 && step->step.flop < few);
}

/* Runs steps from t->step on by this thread alone, while they are small, or all. Returns the step
 * at which all threads go on; `end` also where the run stops. */
static int run_alone(team_run *t, int end, bool all, int thread) {
    bool goes_on = true;
    while (goes_on && t->step < end && (all || is_small(&t->run->plan->steps[t->step]))) {
        (void)run_tasks(t, t->step, thread);
        goes_on = end_step(t);
    }
    return goes_on ? t->step : end;
}

/* Whoever ends the last task of a step ends the step, and runs small ones behind it. Nobody waits
 * for a thread that has no task: it may come late, or be held up, and goes on where the others are.
 */
static void work(void *context, int thread, int threads) {
    team_run *t = context;
    const int end = t->run->first + t->run->count;
    if (thread == 0) {
        *t->run->threads = threads;
    }
    for (int s = (int)iou_progress_value(t->run->progress); s < end;) {
        const size_t ran = run_tasks(t, s, thread);
        if (ran > 0 &&
            atomic_fetch_add(&t->done, ran) + ran == t->run->plan->steps[s].step.task_count) {
            atomic_store(&t->done, 0);
            s = end_step(t) ? run_alone(t, end, false, thread) : end;
            iou_progress_set(t->run->progress, (unsigned)s);
        } else {
            s = (int)iou_progress_await(t->run->progress, (unsigned)s);
        }
    }
}

/* What begins with small steps does not need the team for these. */
static void run_steps(team_run *t) {
    const int end = t->run->first + t->run->count;
    const bool alone = iou_workers_count(t->run->workers) == 1;
    *t->run->threads = 1;
    const int next = run_alone(t, end, alone, 0);
    if (next < end) {
        iou_progress_set(t->run->progress, (unsigned)next);
        iou_parallel(t->run->workers, work, t);
    }
}

static iou_status fail_step(const iou_plan_step *step, iou_status status, const iou_error *why,
                            iou_error *error) {
    return iou_fail(error, status, "node '%s' (%s): %s", step->name, step->type,
                    why->text[0] ? why->text : iou_status_name(status));
}

iou_status iou_run_plan(const iou_run *run, iou_error *error) {
    team_run t = {.run = run, .step = run->first, .reporting = ATOMIC_FLAG_INIT};
    const int end = run->first + run->count;
    for (int s = run->first; s < end; s++) {
        atomic_init(&run->next_task[s], 0);
    }
    t.begin = run->milliseconds || run->options ? iou_clock_ns() : 0;
    t.status = look_around(run->options, t.begin);
    if (t.status == IOU_OK && run->count > 0) {
        run_steps(&t);
    }
    const int step = t.step < end || t.step == run->first ? t.step : t.step - 1;
    IOU_FAIL_IF(t.status != IOU_OK, t.status, error, "stopped before step %d of %d: %s", step,
                run->plan->step_count, iou_status_name(t.status));
    const iou_status failed = (iou_status)atomic_load(&t.failed);
    return failed == IOU_OK
               ? IOU_OK
               : fail_step(&run->plan->steps[t.step > run->first ? t.step - 1 : run->first], failed,
                           &t.error, error);
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

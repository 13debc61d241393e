#include "core/rate.h"

#include "core/memory.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/status.h"

enum { TRIALS = 5 };

/** What one thread did, and when, in nanoseconds. */
typedef struct stint {
    double amount;
    int64_t begin, end;
} stint;

typedef struct trial {
    iou_rate_work work;
    const void *context;
    stint *stints;
} trial;

static void run_trial(void *context, int thread, int threads) {
    const trial *t = context;
    stint *s = &t->stints[thread];
    s->begin = iou_clock_ns();
    s->amount = t->work(t->context, thread, threads);
    s->end = iou_clock_ns();
}

/** From the first beginning to the last end: threads that share a processor take turns. */
static double rate_of(const stint *stints, int count) {
    stint all = stints[0];
    for (int i = 1; i < count; i++) {
        const stint *s = &stints[i];
        if (s->end > 0) { /* fewer threads may have come than were requested */
            all.amount += s->amount;
            all.begin = s->begin < all.begin ? s->begin : all.begin;
            all.end = s->end > all.end ? s->end : all.end;
        }
    }
    return all.end > all.begin ? all.amount / (double)(all.end - all.begin) * 1e9 : 0;
}

iou_status iou_rate_workers(iou_workers **workers, int threads, iou_error *error) {
    IOU_FAIL_IF(threads < 0 || threads > IOU_MAX_THREADS, IOU_INVALID_ARGUMENT, error,
                "expected 0 to %d threads, found %d", IOU_MAX_THREADS, threads);
    *workers = iou_workers_create(threads > 0 ? threads : iou_cpu_count(), NULL);
    IOU_FAIL_IF(!*workers, IOU_OUT_OF_MEMORY, error, "no memory for threads");
    return IOU_OK;
}

iou_status iou_measure_rate(iou_rate_work work, const void *context, iou_workers *workers,
                            double *rate, iou_error *error) {
    const int team = iou_workers_count(workers);
    trial t = {work, context, iou_memory_zeroed((size_t)team, sizeof(stint))};
    IOU_FAIL_IF(!t.stints, IOU_OUT_OF_MEMORY, error, "no memory for the times of %d threads", team);
    *rate = 0;
    for (int i = 0; i < TRIALS; i++) {
        iou_parallel(workers, run_trial, &t);
        const double found = rate_of(t.stints, team);
        *rate = found > *rate ? found : *rate;
    }
    iou_memory_release(t.stints);
    return IOU_OK;
}

#include "core/parallel.h"

#include "core/memory.h"

#include "core/thread_pool.h"

/* The only file of the library that knows OpenMP. Without it, plain threads do the same. */

#if defined(IOU_OPENMP)
#include <omp.h>

/* LLVM's runtime spins for 200 ms after a region unless set otherwise; other runtimes lack the
 * call. One bridges the gap between runs that follow each other at once. */
extern void kmp_set_blocktime(int milliseconds) __attribute__((weak));

static void run_openmp(int threads, iou_team_body body, void *argument) {
    if (kmp_set_blocktime) {
        kmp_set_blocktime(1);
    }
#pragma omp parallel num_threads(threads)
    body(argument, omp_get_thread_num(), omp_get_num_threads());
}
#endif

const char *iou_workers_name(void) {
#if defined(IOU_OPENMP)
    return "OpenMP";
#else
    return "thread pool";
#endif
}

struct iou_workers {
    int threads;
    iou_team team;         /* the caller's; run is NULL: none */
    iou_thread_pool *pool; /* plain threads; NULL where others do the work */
};

iou_workers *iou_workers_create(int threads, const iou_team *team) {
    iou_workers *workers = iou_memory_zeroed(1, sizeof *workers);
    if (!workers) {
        return NULL;
    }
    workers->threads = threads;
    if (team) {
        workers->team = *team;
    }
#if !defined(IOU_OPENMP)
    if (!team && threads > 1) {
        workers->pool = iou_thread_pool_create(threads);
        if (!workers->pool) {
            iou_memory_release(workers);
            return NULL;
        }
    }
#endif
    return workers;
}

void iou_workers_destroy(iou_workers *workers) {
    if (workers) {
        iou_thread_pool_destroy(workers->pool);
        iou_memory_release(workers);
    }
}

int iou_workers_count(const iou_workers *workers) {
    return workers->threads;
}

void iou_parallel(iou_workers *workers, iou_team_body body, void *argument) {
    if (workers->threads <= 1) {
        body(argument, 0, 1);
    } else if (workers->team.run) {
        workers->team.run(workers->team.context, workers->threads, body, argument);
    } else {
#if defined(IOU_OPENMP)
        run_openmp(workers->threads, body, argument);
#else
        iou_thread_pool_run(workers->pool, body, argument);
#endif
    }
}

typedef struct task_list {
    atomic_size_t next;
    size_t count;
    iou_task_body body;
    void *argument;
} task_list;

static void take_tasks(void *context, int thread, int threads) {
    task_list *tasks = context;
    (void)threads;
    for (size_t task; iou_task_take(&tasks->next, tasks->count, &task);) {
        tasks->body(tasks->argument, task, thread);
    }
}

void iou_parallel_tasks(iou_workers *workers, size_t count, iou_task_body body, void *argument) {
    task_list tasks = {.count = count, .body = body, .argument = argument};
    atomic_init(&tasks.next, 0);
    if (workers) {
        iou_parallel(workers, take_tasks, &tasks);
    } else {
        take_tasks(&tasks, 0, 1);
    }
}

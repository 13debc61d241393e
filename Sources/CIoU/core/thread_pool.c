#define _GNU_SOURCE
#include "core/thread_pool.h"

#include "core/memory.h"
#include "core/spin.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct member {
    iou_thread_pool *pool;
    int thread;
    unsigned seen; /* the job before its first */
    pthread_t handle;
} member;

struct iou_thread_pool {
    int threads; /* requested, the caller included */
    int started; /* there, the caller included */
    pid_t process;
    pthread_mutex_t mutex;
    pthread_cond_t called, ended;
    atomic_uint finished; /* jobs */
    atomic_uint job;      /* counts them; what follows is the job's */
    atomic_int left;      /* members that have not finished it */
    iou_team_body body;
    void *argument;
    bool ends;
    member members[]; /* the first is the caller's, and not used */
};

iou_thread_pool *iou_thread_pool_create(int threads) {
    iou_thread_pool *pool = iou_memory_zeroed(1, sizeof *pool + sizeof(member) * (size_t)threads);
    if (pool) {
        pool->threads = threads;
    }
    return pool;
}

/* ---- Members ------------------------------------------------------------------------------- */

static void *serve(void *argument) {
    const member *self = argument;
    iou_thread_pool *pool = self->pool;
    for (unsigned seen = self->seen;; seen++) {
        iou_await_change(&pool->job, seen, &pool->mutex, &pool->called);
        if (pool->ends) {
            return NULL;
        }
        pool->body(pool->argument, self->thread, pool->started);
        if (atomic_fetch_sub(&pool->left, 1) == 1) {
            (void)pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->finished, 1);
            (void)pthread_cond_signal(&pool->ended);
            (void)pthread_mutex_unlock(&pool->mutex);
        }
    }
}

/** Starts the threads. Signals are the program's: they go to its own threads. */
static void start(iou_thread_pool *pool) {
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    for (pool->started = 1; pool->started < pool->threads; pool->started++) {
        member *m = &pool->members[pool->started];
        *m = (member){.pool = pool, .thread = pool->started, .seen = atomic_load(&pool->job)};
        if (pthread_create(&m->handle, NULL, serve, m) != 0) {
            break;
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/** Starts the threads where there are none: before the first job, and in a forked child, which has
 * none of its parent's. */
static void gather(iou_thread_pool *pool) {
    const pid_t process = getpid();
    if (pool->process == process) {
        return;
    }
    pool->process = process;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->called, NULL);
    (void)pthread_cond_init(&pool->ended, NULL);
    start(pool);
}

/* ---- Jobs ---------------------------------------------------------------------------------- */

static void call(iou_thread_pool *pool) {
    (void)pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->job, 1, memory_order_release);
    (void)pthread_cond_broadcast(&pool->called);
    (void)pthread_mutex_unlock(&pool->mutex);
}

void iou_thread_pool_run(iou_thread_pool *pool, iou_team_body body, void *argument) {
    gather(pool);
    pool->body = body;
    pool->argument = argument;
    atomic_store(&pool->left, pool->started - 1);
    const unsigned finished = atomic_load(&pool->finished);
    call(pool);
    body(argument, 0, pool->started);
    if (pool->started > 1) {
        iou_await_change(&pool->finished, finished, &pool->mutex, &pool->ended);
    }
}

void iou_thread_pool_destroy(iou_thread_pool *pool) {
    if (pool && pool->process == getpid()) {
        pool->ends = true;
        call(pool);
        for (int i = 1; i < pool->started; i++) {
            (void)pthread_join(pool->members[i].handle, NULL);
        }
        (void)pthread_cond_destroy(&pool->ended);
        (void)pthread_cond_destroy(&pool->called);
        (void)pthread_mutex_destroy(&pool->mutex);
    }
    iou_memory_release(pool);
}

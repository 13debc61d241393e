#define _GNU_SOURCE
#include "core/crew.h"

#include "core/memory.h"
#include "core/spin.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct member {
    iou_crew *crew;
    int thread;
    unsigned seen; /* the job before its first */
    pthread_t handle;
} member;

struct iou_crew {
    int threads; /* wanted, the caller included */
    int started; /* there, the caller included */
    pid_t process;
    pthread_mutex_t mutex;
    pthread_cond_t called, finished;
    atomic_uint job; /* counts them; what follows is the job's */
    atomic_int left; /* members that have not finished it */
    iou_team_body body;
    void *argument;
    bool ends;
    member members[]; /* the first is the caller's, and not used */
};

iou_crew *iou_crew_create(int threads) {
    iou_crew *crew = iou_memory_zeroed(1, sizeof *crew + sizeof(member) * (size_t)threads);
    if (crew) {
        crew->threads = threads;
    }
    return crew;
}

/* ---- Members ------------------------------------------------------------------------------- */

static void *serve(void *argument) {
    const member *self = argument;
    iou_crew *crew = self->crew;
    for (unsigned seen = self->seen;; seen++) {
        iou_await_change(&crew->job, seen, &crew->mutex, &crew->called);
        if (crew->ends) {
            return NULL;
        }
        crew->body(crew->argument, self->thread, crew->started);
        if (atomic_fetch_sub(&crew->left, 1) == 1) {
            (void)pthread_mutex_lock(&crew->mutex);
            (void)pthread_cond_signal(&crew->finished);
            (void)pthread_mutex_unlock(&crew->mutex);
        }
    }
}

/** Starts the threads. Signals are the program's: they go to its own threads. */
static void start(iou_crew *crew) {
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    for (crew->started = 1; crew->started < crew->threads; crew->started++) {
        member *m = &crew->members[crew->started];
        *m = (member){.crew = crew, .thread = crew->started, .seen = atomic_load(&crew->job)};
        if (pthread_create(&m->handle, NULL, serve, m) != 0) {
            break;
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/** Starts the threads where there are none: before the first job, and in a forked child, which has
 * none of its parent's. */
static void gather(iou_crew *crew) {
    const pid_t process = getpid();
    if (crew->process == process) {
        return;
    }
    crew->process = process;
    (void)pthread_mutex_init(&crew->mutex, NULL);
    (void)pthread_cond_init(&crew->called, NULL);
    (void)pthread_cond_init(&crew->finished, NULL);
    start(crew);
}

/* ---- Jobs ---------------------------------------------------------------------------------- */

static void call(iou_crew *crew) {
    (void)pthread_mutex_lock(&crew->mutex);
    atomic_fetch_add_explicit(&crew->job, 1, memory_order_release);
    (void)pthread_cond_broadcast(&crew->called);
    (void)pthread_mutex_unlock(&crew->mutex);
}

static void await_finish(iou_crew *crew) {
    for (int i = 0; i < IOU_SPINS; i++) {
        if (atomic_load_explicit(&crew->left, memory_order_acquire) == 0) {
            return;
        }
        iou_relax();
    }
    (void)pthread_mutex_lock(&crew->mutex);
    while (atomic_load(&crew->left) != 0) {
        (void)pthread_cond_wait(&crew->finished, &crew->mutex);
    }
    (void)pthread_mutex_unlock(&crew->mutex);
}

void iou_crew_run(iou_crew *crew, iou_team_body body, void *argument) {
    gather(crew);
    crew->body = body;
    crew->argument = argument;
    atomic_store(&crew->left, crew->started - 1);
    call(crew);
    body(argument, 0, crew->started);
    await_finish(crew);
}

void iou_crew_destroy(iou_crew *crew) {
    if (crew && crew->process == getpid()) {
        crew->ends = true;
        call(crew);
        for (int i = 1; i < crew->started; i++) {
            (void)pthread_join(crew->members[i].handle, NULL);
        }
        (void)pthread_cond_destroy(&crew->finished);
        (void)pthread_cond_destroy(&crew->called);
        (void)pthread_mutex_destroy(&crew->mutex);
    }
    iou_memory_release(crew);
}

#include "core/parallel.h"

#include <pthread.h>
#include <stdlib.h>

/* The only file of the library that knows OpenMP. Without it, plain threads do the same. */

#if defined(IOU_OPENMP)

#include <omp.h>

/* LLVM's runtime spins for 200 ms after a region unless told otherwise; other runtimes lack the
 * call. */
extern void kmp_set_blocktime(int milliseconds) __attribute__((weak));

void iou_parallel(int threads, void (*body)(void *context, int thread, int threads),
                  void *context) {
    if (threads <= 1) {
        body(context, 0, 1);
        return;
    }
    if (kmp_set_blocktime) {
        kmp_set_blocktime(0);
    }
#pragma omp parallel num_threads(threads)
    body(context, omp_get_thread_num(), omp_get_num_threads());
}

#else

enum { MAX_THREADS = 256 };

typedef struct team {
    pthread_mutex_t mutex;
    pthread_cond_t ready;
    int threads; /* how many there are, known only when all were started; 0 until then */
} team;

typedef struct job {
    team *team;
    void (*body)(void *context, int thread, int threads);
    void *context;
    int thread;
} job;

static void *work(void *argument) {
    job *j = argument;
    (void)pthread_mutex_lock(&j->team->mutex);
    while (j->team->threads == 0) {
        (void)pthread_cond_wait(&j->team->ready, &j->team->mutex);
    }
    const int threads = j->team->threads;
    (void)pthread_mutex_unlock(&j->team->mutex);
    j->body(j->context, j->thread, threads);
    return NULL;
}

void iou_parallel(int threads, void (*body)(void *context, int thread, int threads),
                  void *context) {
    if (threads > MAX_THREADS) {
        threads = MAX_THREADS;
    }
    team t = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    job jobs[MAX_THREADS];
    pthread_t handles[MAX_THREADS];
    int started = 1;
    for (; started < threads; started++) {
        jobs[started] = (job){&t, body, context, started};
        if (pthread_create(&handles[started], NULL, work, &jobs[started]) != 0) {
            break;
        }
    }
    (void)pthread_mutex_lock(&t.mutex);
    t.threads = started;
    (void)pthread_cond_broadcast(&t.ready);
    (void)pthread_mutex_unlock(&t.mutex);
    body(context, 0, started);
    for (int i = 1; i < started; i++) {
        (void)pthread_join(handles[i], NULL);
    }
}

#endif

/* A spin of some microseconds bridges the gap between operators; longer waits must not burn a
 * processor that somebody else could use. */
enum { SPINS = 4000 };

struct iou_barrier {
    atomic_int arrived;
    atomic_uint generation;
    pthread_mutex_t mutex;
    pthread_cond_t released;
};

iou_barrier *iou_barrier_create(void) {
    iou_barrier *barrier = calloc(1, sizeof *barrier);
    if (barrier) {
        (void)pthread_mutex_init(&barrier->mutex, NULL);
        (void)pthread_cond_init(&barrier->released, NULL);
    }
    return barrier;
}

void iou_barrier_destroy(iou_barrier *barrier) {
    if (barrier) {
        (void)pthread_cond_destroy(&barrier->released);
        (void)pthread_mutex_destroy(&barrier->mutex);
        free(barrier);
    }
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void iou_barrier_wait(iou_barrier *barrier, int threads, void (*serial)(void *context),
                      void *context) {
    const unsigned generation = atomic_load(&barrier->generation);
    if (atomic_fetch_add(&barrier->arrived, 1) + 1 == threads) {
        serial(context);
        atomic_store(&barrier->arrived, 0);
        (void)pthread_mutex_lock(&barrier->mutex);
        atomic_fetch_add(&barrier->generation, 1);
        (void)pthread_cond_broadcast(&barrier->released);
        (void)pthread_mutex_unlock(&barrier->mutex);
        return;
    }
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&barrier->generation, memory_order_acquire) != generation) {
            return;
        }
        relax();
    }
    (void)pthread_mutex_lock(&barrier->mutex);
    while (atomic_load(&barrier->generation) == generation) {
        (void)pthread_cond_wait(&barrier->released, &barrier->mutex);
    }
    (void)pthread_mutex_unlock(&barrier->mutex);
}

/* The same bits over threads and teams, eight threads on one model, fork, idleness, affinity. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "embedded_run.h"
#include "promises.h"

#if defined(__SANITIZE_THREAD__)
enum { UNDER_TSAN = 1 };
#else
enum { UNDER_TSAN = 0 };
#endif

typedef struct part {
    iou_team_body body;
    void *argument;
    int thread, threads;
} part;

static void *run_part(void *argument) {
    const part *p = argument;
    p->body(p->argument, p->thread, p->threads);
    return NULL;
}

/** A team of threads made for each run, one less than was asked for. */
static void run_team(void *context, int threads, iou_team_body body, void *argument) {
    pthread_t handles[16];
    part parts[16];
    atomic_fetch_add((atomic_int *)context, 1);
    for (int i = 0; i < threads - 1; i++) {
        parts[i] = (part){body, argument, i, threads - 1};
        if (pthread_create(&handles[i], NULL, run_part, &parts[i])) {
            give_up("no thread");
        }
    }
    for (int i = 0; i < threads - 1; i++) {
        pthread_join(handles[i], NULL);
    }
}

static void check_bits(const iou_model *model, uint64_t expected) {
    CHECK(run_with(model, 2, NULL) == expected);
    CHECK(run_with(model, 3, NULL) == expected);
    atomic_int calls = 0;
    const iou_team team = {&calls, run_team};
    iou_session *session = open_session(model, 4, &team);
    CHECK(run_once(session, iou_model_output_count(model)) == expected);
    CHECK(calls > 0 && iou_session_threads(session) == 3);
    iou_session_close(&session);
}

typedef struct guest {
    const iou_model *model;
    uint64_t expected;
    int threads;
    bool right;
} guest;

static void *visit(void *argument) {
    guest *g = argument;
    iou_session *session = open_session(g->model, g->threads, NULL);
    const size_t outputs = iou_model_output_count(g->model);
    g->right = true;
    for (int i = 0; i < 3; i++) {
        g->right = run_once(session, outputs) == g->expected && g->right;
    }
    iou_session_close(&session);
    return NULL;
}

static void check_eight(const iou_model *model, uint64_t expected) {
    pthread_t threads[8];
    guest guests[8];
    for (int i = 0; i < 8; i++) {
        guests[i] = (guest){model, expected, 1 + i % 3, false};
        if (pthread_create(&threads[i], NULL, visit, &guests[i])) {
            give_up("no thread");
        }
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        CHECK(guests[i].right);
    }
}

static bool child_succeeds(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The parent's session has a team; the child's use of it must find another. */
static void check_fork(const iou_model *model, uint64_t expected) {
    iou_session *session = open_session(model, 2, NULL);
    const size_t outputs = iou_model_output_count(model);
    CHECK(run_once(session, outputs) == expected);
    const pid_t child = fork();
    if (child == 0) {
        const bool right =
            run_once(session, outputs) == expected && run_with(model, 3, NULL) == expected;
        iou_session_close(&session);
        _exit(right ? 0 : 1);
    }
    CHECK(child_succeeds(child));
    CHECK(run_once(session, outputs) == expected);
    iou_session_close(&session);
}

static double cpu_seconds(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static void check_idle(const iou_model *model) {
    iou_session *session = open_session(model, 3, NULL);
    run_once(session, iou_model_output_count(model));
    usleep(50000); /* threads go to sleep */
    const double before = cpu_seconds();
    usleep(300000);
    CHECK(cpu_seconds() - before < 0.01);
    iou_session_close(&session);
}

static void check_affinity(const iou_model *model) {
    const pid_t child = fork();
    if (child == 0) {
        cpu_set_t all, one;
        CPU_ZERO(&one);
        sched_getaffinity(0, sizeof all, &all);
        for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
            if (CPU_ISSET(i, &all)) {
                CPU_SET(i, &one);
            }
        }
        sched_setaffinity(0, sizeof one, &one);
        iou_session *session = NULL;
        const iou_status status = iou_session_open(&session, model, NULL, NULL);
        const bool right = status == IOU_OK && iou_session_threads(session) == 1;
        iou_session_close(&session);
        _exit(right ? 0 : 1);
    }
    CHECK(child_succeeds(child));
}

void check_threads(const iou_model *model, uint64_t expected) {
    check_bits(model, expected);
    check_eight(model, expected);
    if (!UNDER_TSAN) { /* which cannot follow a child that starts threads */
        check_fork(model, expected);
    }
    check_idle(model);
    check_affinity(model);
}

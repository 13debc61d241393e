/*
 * What iou.h promises to a program that embeds libiou: embedding_check MODEL. Bits over threads and
 * teams, eight threads on one model, no allocation in a second run, fork, idleness, cancelling,
 * bad input, pictures of every format, handles closed in any order.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iou/iou.h>

#include "counted_malloc.h"

#if defined(__SANITIZE_THREAD__)
enum { UNDER_TSAN = 1 };
#else
enum { UNDER_TSAN = 0 };
#endif

enum { HEIGHT = 96, WIDTH = 128, MAX_OUTPUTS = 64 };

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("FAILED %s:%d: %s\n", __func__, __LINE__, #condition);                          \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static _Noreturn void give_up(const char *text) {
    printf("FAILED: %s\n", text);
    exit(1);
}

/* ---- A session's run ----------------------------------------------------------------------- */

static float pixels[3 * HEIGHT * WIDTH];

static iou_tensor make_input(void) {
    return (iou_tensor){.type = IOU_FLOAT,
                        .rank = 4,
                        .dims = {1, 3, HEIGHT, WIDTH},
                        .data = pixels,
                        .size = sizeof pixels};
}

/** A sum over the bits of all outputs of a run, in order. */
static uint64_t run_once(iou_session *session, size_t output_count) {
    iou_error error;
    const iou_tensor input = make_input();
    iou_tensor outputs[MAX_OUTPUTS] = {{0}};
    if (iou_session_run(session, &input, 1, outputs, output_count, NULL, &error)) {
        give_up(error.text);
    }
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < output_count; i++) {
        const unsigned char *bytes = outputs[i].data;
        for (size_t k = 0; k < outputs[i].size; k++) {
            sum = (sum ^ bytes[k]) * 1099511628211u;
        }
    }
    return sum;
}

static iou_session *open_session(const iou_model *model, int threads, const iou_team *team) {
    iou_error error;
    iou_session *session;
    const iou_session_options options = {
        .struct_size = sizeof options, .threads = threads, .team = team};
    if (iou_session_open(&session, model, &options, &error)) {
        give_up(error.text);
    }
    CHECK(iou_session_threads(session) == threads);
    return session;
}

static uint64_t run_with(const iou_model *model, int threads, const iou_team *team) {
    iou_session *session = open_session(model, threads, team);
    const uint64_t sum = run_once(session, iou_model_output_count(model));
    iou_session_close(&session);
    return sum;
}

/* ---- Threads ------------------------------------------------------------------------------- */

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

static void check_bits(const iou_model *model, uint64_t wanted) {
    CHECK(run_with(model, 2, NULL) == wanted);
    CHECK(run_with(model, 3, NULL) == wanted);
    atomic_int calls = 0;
    const iou_team team = {&calls, run_team};
    CHECK(run_with(model, 4, &team) == wanted);
    CHECK(calls > 0);
}

typedef struct guest {
    const iou_model *model;
    uint64_t wanted;
    int threads;
    bool right;
} guest;

static void *visit(void *argument) {
    guest *g = argument;
    iou_session *session = open_session(g->model, g->threads, NULL);
    const size_t outputs = iou_model_output_count(g->model);
    g->right = true;
    for (int i = 0; i < 3; i++) {
        g->right = run_once(session, outputs) == g->wanted && g->right;
    }
    iou_session_close(&session);
    return NULL;
}

static void check_eight(const iou_model *model, uint64_t wanted) {
    pthread_t threads[8];
    guest guests[8];
    for (int i = 0; i < 8; i++) {
        guests[i] = (guest){model, wanted, 1 + i % 3, false};
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
static void check_fork(const iou_model *model, uint64_t wanted) {
    iou_session *session = open_session(model, 2, NULL);
    const size_t outputs = iou_model_output_count(model);
    CHECK(run_once(session, outputs) == wanted);
    const pid_t child = fork();
    if (child == 0) {
        const bool right =
            run_once(session, outputs) == wanted && run_with(model, 3, NULL) == wanted;
        iou_session_close(&session);
        _exit(right ? 0 : 1);
    }
    CHECK(child_succeeds(child));
    CHECK(run_once(session, outputs) == wanted);
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

/* ---- Memory -------------------------------------------------------------------------------- */

typedef struct ledger {
    atomic_long taken, held;
} ledger;

static void *take(void *context, size_t size, size_t alignment) {
    ledger *l = context;
    atomic_fetch_add(&l->taken, 1);
    atomic_fetch_add(&l->held, 1);
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *context, void *memory) {
    atomic_fetch_sub(&((ledger *)context)->held, 1);
    free(memory);
}

typedef struct journal {
    int lines;
} journal;

static void note(void *context, iou_log_level level, const char *text) {
    (void)level;
    ((journal *)context)->lines += strchr(text, '\n') == NULL;
}

static void check_memory(const char *path) {
    ledger books = {0};
    journal lines = {0};
    const iou_allocator allocator = {&books, take, release};
    const iou_log log = {&lines, note};
    const iou_model_options options = {
        .struct_size = sizeof options, .allocator = &allocator, .log = &log};
    iou_error error;
    iou_model *model;
    if (iou_model_open(&model, path, &options, &error)) {
        give_up(error.text);
    }
    iou_session *session = open_session(model, 2, NULL);
    iou_detector *detector;
    if (iou_detector_open(&detector, model, NULL, &error)) {
        give_up(error.text);
    }
    static uint8_t rgb[3 * HEIGHT * WIDTH];
    const iou_picture picture = {rgb, WIDTH, HEIGHT, 3 * WIDTH, IOU_PIXELS_BGR};
    const size_t most = iou_detector_max_detections(detector, NULL);
    iou_detection *found = calloc(most, sizeof *found);
    size_t count;
    const size_t outputs = iou_model_output_count(model);
    for (int i = 0; i < 3; i++) {
        const long taken = books.taken;
        const long allocated = counted_allocations();
        run_once(session, outputs);
        CHECK(iou_detector_run(detector, &picture, 1, NULL, found, most, &count, NULL) == IOU_OK);
        CHECK(iou_detector_rescore(detector, 1, NULL, found, most, &count, NULL) == IOU_OK);
        CHECK(i == 0 ? books.taken > taken : books.taken == taken);
        CHECK(i == 0 || counted_allocations() == allocated);
    }
    CHECK(lines.lines >= 5); /* a model, two sessions, two plans */
    free(found);
    iou_model_close(&model); /* before its sessions */
    CHECK(!model && books.held > 0);
    run_once(session, outputs);
    iou_detector_close(&detector);
    iou_session_close(&session);
    CHECK(books.held == 0);
}

static void give_back(void *context, const void *data, size_t size) {
    (void)size;
    free((void *)(uintptr_t)data);
    ++*(int *)context;
}

static void check_release(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        give_up("the model cannot be read");
    }
    const size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size);
    if (!bytes || fread(bytes, 1, size, file) != size) {
        give_up("the model cannot be read");
    }
    fclose(file);
    int calls = 0;
    const iou_model_options options = {
        .struct_size = sizeof options, .release = give_back, .release_context = &calls};
    iou_model *model = NULL;
    CHECK(iou_model_open_memory(&model, bytes, size / 2, &options, NULL) == IOU_BAD_MODEL);
    CHECK(!model && calls == 0);
    CHECK(iou_model_open_memory(&model, bytes, size, &options, NULL) == IOU_OK);
    iou_session *session = open_session(model, 1, NULL);
    iou_model_close(&model);
    CHECK(calls == 0);
    iou_session_close(&session);
    CHECK(calls == 1);
}

/* ---- Refusals ------------------------------------------------------------------------------ */

static void check_stops(const iou_model *model, uint64_t wanted) {
    iou_session *session = open_session(model, 2, NULL);
    const iou_tensor input = make_input();
    const int stop = 1;
    iou_error error;
    iou_run_options options = {.struct_size = sizeof options, .cancel = &stop};
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &options, &error) == IOU_CANCELLED);
    options = (iou_run_options){.struct_size = sizeof options, .deadline_ns = 1};
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &options, &error) == IOU_DEADLINE);
    CHECK(run_once(session, iou_model_output_count(model)) == wanted);
    iou_session_close(&session);
}

/** The options of a program that was built with a newer header. */
typedef struct newer_options {
    iou_run_options known;
    int64_t unknown;
} newer_options;

static void check_refusals(const iou_model *model) {
    iou_session *session = open_session(model, 1, NULL);
    iou_tensor input = make_input();
    iou_error error = {0};
    iou_session *none = NULL;
    iou_value_info info;
    void *stranger = (void *)(uintptr_t)model;
    CHECK(iou_session_run(NULL, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "a session is wanted, null was given"));
    CHECK(iou_session_run(stranger, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "a session is wanted, a model was given"));
    CHECK(iou_detector_run(stranger, NULL, 0, NULL, NULL, 0, NULL, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_detector_rescore(stranger, 0, NULL, NULL, 0, NULL, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_open(&none, stranger, &(iou_session_options){0}, &error) ==
          IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "struct_size") && !none);
    CHECK(iou_session_open(NULL, model, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_open(&none, NULL, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_input(model, 1000, &info, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_input_count(NULL) == 0 && !iou_model_metadata(NULL, "iou.version"));
    CHECK(iou_session_profile(session, NULL, NULL, &error) == IOU_INVALID_ARGUMENT);
    iou_session_close(NULL);
    iou_session_close(&none);

    CHECK(iou_session_run(session, NULL, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_run(session, &input, 0, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    input.size--;
    CHECK(iou_session_run(session, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    input = make_input();
    input.type = IOU_INT64;
    CHECK(iou_session_run(session, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    input = make_input();
    input.dims[1] = -3;
    CHECK(iou_session_run(session, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    input = make_input();
    char small[1];
    iou_tensor output = {.data = small, .size = sizeof small};
    CHECK(iou_session_run(session, &input, 1, &output, 1, NULL, &error) == IOU_BUFFER_TOO_SMALL);
    CHECK(output.size > sizeof small);

    newer_options newer = {.known = {.struct_size = sizeof newer}};
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &newer.known, &error) == IOU_OK);
    newer.unknown = 7;
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &newer.known, &error) ==
          IOU_INVALID_ARGUMENT);
    iou_session_close(&session);
    CHECK(!session);
    CHECK(iou_session_run(session, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
}

static void check_prepared(const iou_model *model) {
    iou_session *session = open_session(model, 1, NULL);
    const iou_tensor input = make_input();
    iou_value_info info;
    size_t arena = 0;
    CHECK(iou_session_output(session, 0, &info, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_prepare(session, &input, 1, NULL) == IOU_OK);
    CHECK(iou_session_output(session, 0, &info, NULL) == IOU_OK);
    iou_session_memory(session, &arena, NULL);
    CHECK(arena > 0);
    iou_tensor output = {.name = info.name};
    CHECK(iou_session_run(session, &input, 1, &output, 1, NULL, NULL) == IOU_OK);
    CHECK(output.rank == info.rank &&
          memcmp(output.dims, info.dims, sizeof(int64_t) * (size_t)info.rank) == 0);
    iou_session_close(&session);
}

/* ---- Pictures ------------------------------------------------------------------------------ */

/** The same gray picture in one of the formats. */
static size_t detect_as(iou_detector *detector, iou_pixel_format format, size_t step,
                        iou_detection *found, size_t most) {
    uint8_t *bytes = malloc(HEIGHT * WIDTH * step);
    size_t count = 0;
    if (!bytes) {
        give_up("no memory");
    }
    for (size_t i = 0; i < HEIGHT * WIDTH * step; i++) {
        const size_t at = i / step, x = at % WIDTH, y = at / WIDTH;
        const bool inside = (x - 60) * (x - 60) + (y - 50) * (y - 50) < 900;
        bytes[i] = i % step == 3 ? (uint8_t)(i * 7) : inside ? 120 : 230;
    }
    const iou_picture picture = {bytes, WIDTH, HEIGHT, WIDTH * step, format};
    iou_detect_options options = iou_detect_options_default();
    options.score_threshold = 0.0f;
    iou_error error;
    if (iou_detector_run(detector, &picture, 1, &options, found, most, &count, &error)) {
        give_up(error.text);
    }
    free(bytes);
    return count;
}

static void check_pictures(const iou_model *model) {
    static const struct {
        iou_pixel_format format;
        size_t step;
    } ways[] = {
        {IOU_PIXELS_BGR, 3}, {IOU_PIXELS_RGBA, 4}, {IOU_PIXELS_BGRA, 4}, {IOU_PIXELS_GRAY, 1}};
    iou_detector *detector;
    iou_error error;
    if (iou_detector_open(&detector, model, NULL, &error)) {
        give_up(error.text);
    }
    const size_t most = iou_detector_max_detections(detector, NULL);
    iou_detection *wanted = calloc(2 * most, sizeof *wanted);
    if (!wanted) {
        give_up("no memory");
    }
    const size_t count = detect_as(detector, IOU_PIXELS_RGB, 3, wanted, most);
    CHECK(count > 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK(detect_as(detector, ways[i].format, ways[i].step, wanted + most, most) == count);
        CHECK(memcmp(wanted, wanted + most, count * sizeof *wanted) == 0);
    }
    const iou_picture odd = {(const uint8_t *)wanted, 4, 4, 64, (iou_pixel_format)9};
    size_t none;
    CHECK(iou_detector_run(detector, &odd, 1, NULL, wanted, most, &none, &error) ==
          IOU_INVALID_ARGUMENT);
    CHECK(iou_detector_run(detector, &odd, 1, NULL, wanted, 0, &none, &error) ==
          IOU_BUFFER_TOO_SMALL);
    free(wanted);
    iou_detector_close(&detector);
}

int main(int argc, char **argv) {
    iou_error error;
    iou_model *model;
    if (argc != 2 || iou_model_open(&model, argv[1], NULL, &error)) {
        give_up(argc == 2 ? error.text : "usage: embedding_check MODEL");
    }
    for (size_t i = 0; i < 3 * HEIGHT * WIDTH; i++) {
        pixels[i] = (float)(i * 2654435761u >> 8 & 0xff) - 128.0f;
    }
    const uint64_t wanted = run_with(model, 1, NULL);
    check_bits(model, wanted);
    check_eight(model, wanted);
    if (!UNDER_TSAN) { /* which cannot follow a child that starts threads */
        check_fork(model, wanted);
    }
    check_idle(model);
    check_affinity(model);
    check_memory(argv[1]);
    check_release(argv[1]);
    check_stops(model, wanted);
    check_refusals(model);
    check_prepared(model);
    check_pictures(model);
    iou_model_close(&model);
    printf("embedding_check: %d failures\n", failures);
    return failures > 0;
}

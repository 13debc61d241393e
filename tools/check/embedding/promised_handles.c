/* Handles after they were closed, whose memory the allocator has given back to the system; many at
 * once; and threads that close what others use. */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "embedded_run.h"
#include "promises.h"

enum { MANY = 3000, THREADS = 4, ROUNDS = 200 };

/* ---- Memory that is gone when it is given back --------------------------------------------- */

typedef struct mapping {
    void *start;
    size_t size;
} mapping;

static void *map(void *context, size_t size, size_t alignment) {
    (void)context;
    const size_t all = size + 2 * alignment + sizeof(mapping);
    char *start = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    const uintptr_t after = (uintptr_t)(start + sizeof(mapping));
    char *memory = start + sizeof(mapping) + (alignment - after % alignment) % alignment;
    memcpy(memory - sizeof(mapping), &(mapping){start, all}, sizeof(mapping));
    return memory;
}

static void unmap(void *context, void *memory) {
    (void)context;
    mapping own;
    memcpy(&own, (char *)memory - sizeof own, sizeof own);
    munmap(own.start, own.size);
}

static void check_closed_model(iou_model *model) {
    iou_error error;
    iou_value_info value;
    iou_detector_info info = {.struct_size = sizeof info};
    iou_session *session = NULL;
    iou_detector *detector = NULL;
    CHECK(iou_session_open(&session, model, NULL, &error) == IOU_INVALID_ARGUMENT && !session);
    CHECK(strstr(error.text, "expected a model, found a handle that is closed, or none"));
    CHECK(iou_detector_open(&detector, model, NULL, NULL) == IOU_INVALID_ARGUMENT && !detector);
    CHECK(iou_model_input(model, 0, &value, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_output(model, 0, &value, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_detector_info(model, &info, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_input_count(model) == 0 && iou_model_output_count(model) == 0);
    CHECK(iou_model_default_count(model) == 0);
    CHECK(!iou_model_metadata(model, "iou.version") && !iou_model_metadata_key(model, 0));
    iou_model_close(&model);
    CHECK(model);
}

static void check_closed_session(iou_session *session) {
    iou_error error;
    iou_value_info value;
    const iou_profile_entry *entries;
    size_t size = 1;
    const iou_tensor input = make_input();
    CHECK(iou_session_run(session, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "expected a session, found a handle that is closed, or none"));
    CHECK(iou_session_prepare(session, &input, 1, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_output(session, 0, &value, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_profile(session, &entries, &size, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_threads(session) == 0);
    iou_session_memory(session, &size, NULL);
    CHECK(size == 0);
    iou_session_close(&session);
    CHECK(session);
}

static void check_closed_detector(iou_detector *detector) {
    iou_error error;
    iou_detection found;
    size_t count;
    static const unsigned char pixels[HEIGHT * WIDTH * 3];
    const iou_picture picture = {
        .data = pixels, .width = WIDTH, .height = HEIGHT, .stride = WIDTH * 3};
    CHECK(iou_detector_run(detector, &picture, 1, NULL, &found, 1, &count, &error) ==
          IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "expected a detector, found a handle that is closed, or none"));
    CHECK(iou_detector_rescore(detector, 1, NULL, &found, 1, &count, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_detector_class_count(detector) == 0 && !iou_detector_label(detector, 0));
    CHECK(iou_detector_max_detections(detector, NULL) == 0 && !iou_detector_session(detector));
    iou_detector_close(&detector);
    CHECK(detector);
}

static void check_closed(const char *path) {
    const iou_allocator allocator = {.allocate = map, .release = unmap};
    const iou_model_options options = {.struct_size = sizeof options, .allocator = &allocator};
    const iou_session_options one = {.struct_size = sizeof one, .threads = 1};
    iou_model *model;
    iou_session *session;
    iou_detector *detector;
    if (iou_model_open(&model, path, &options, NULL) ||
        iou_session_open(&session, model, &one, NULL) ||
        iou_detector_open(&detector, model, &one, NULL)) {
        give_up("no handles with an allocator of mappings");
    }
    iou_model *old_model = model;
    iou_session *old_session = session;
    iou_detector *old_detector = detector;
    const iou_session *inside = iou_detector_session(detector);
    iou_detector_close(&detector);
    iou_session_close(&session);
    iou_model_close(&model);
    check_closed_model(old_model);
    check_closed_session(old_session);
    check_closed_detector(old_detector);
    CHECK(iou_session_threads(inside) == 0);
}

/* ---- Many, and threads --------------------------------------------------------------------- */

static void check_many(const iou_model *model) {
    static iou_session *sessions[MANY];
    const iou_session_options one = {.struct_size = sizeof one, .threads = 1};
    int opened = 0;
    for (int i = 0; i < MANY; i++) {
        opened += iou_session_open(&sessions[i], model, &one, NULL) == IOU_OK;
    }
    CHECK(opened == MANY);
    for (int i = 0; i < MANY; i += 2) {
        iou_session *old = sessions[i];
        iou_session_close(&sessions[i]);
        CHECK(iou_session_threads(old) == 0 && iou_session_threads(sessions[i + 1]) == 1);
    }
    for (int i = 0; i < MANY; i++) {
        iou_session_close(&sessions[i]);
    }
}

typedef struct shared {
    const iou_model *model;
    iou_session *session;
    pthread_barrier_t barrier;
    int others; /* results that are none of: it ran, it is in use, it is closed */
} shared;

/** All threads prepare the session and close it; one thread opens it anew. */
static void *use_and_close(void *argument) {
    shared *s = argument;
    const iou_session_options one = {.struct_size = sizeof one, .threads = 1};
    const iou_tensor input = make_input();
    int others = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (pthread_barrier_wait(&s->barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            others += iou_session_open(&s->session, s->model, &one, NULL) != IOU_OK;
        }
        pthread_barrier_wait(&s->barrier);
        iou_session *copy = s->session;
        const iou_status status = iou_session_prepare(copy, &input, 1, NULL);
        others += status != IOU_OK && status != IOU_INVALID_ARGUMENT;
        while (copy && iou_session_prepare(copy, &input, 1, NULL) != IOU_INVALID_ARGUMENT) {
            iou_session_close(&copy);
        }
    }
    pthread_barrier_wait(&s->barrier);
    __atomic_add_fetch(&s->others, others, __ATOMIC_RELAXED);
    return NULL;
}

static void check_threads_that_close(const iou_model *model) {
    shared s = {.model = model};
    pthread_t threads[THREADS];
    pthread_barrier_init(&s.barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, use_and_close, &s)) {
            give_up("no thread");
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&s.barrier);
    CHECK(s.others == 0);
}

void check_handles(const char *path, const iou_model *model) {
    check_closed(path);
    check_many(model);
    check_threads_that_close(model);
}

/* All memory is the allocator's, a second run takes none, what a model is made from comes back. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counted_malloc.h"
#include "embedded_run.h"
#include "promises.h"

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

static void check_allocator(const char *path) {
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
    iou_detector_info info = {.struct_size = sizeof info};
    CHECK(iou_model_detector_info(model, &info, &error) == IOU_OK && info.class_count > 0);
    const long read = books.taken; /* the metadata is read once */
    CHECK(iou_model_detector_info(model, &info, &error) == IOU_OK && books.taken == read);
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
    CHECK(strlen(info.labels[info.class_count - 1]) > 0); /* the session keeps the model */
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

void check_memory(const char *path) {
    check_allocator(path);
    check_release(path);
}

/* Runs that are stopped, arguments that are refused, what there is before the first run. */
#include <string.h>

#include "embedded_run.h"
#include "promises.h"

static void check_stops(const iou_model *model, uint64_t expected) {
    iou_session *session = open_session(model, 2, NULL);
    const iou_tensor input = make_input();
    const int stop = 1;
    iou_error error;
    iou_run_options options = {.struct_size = sizeof options, .cancel = &stop};
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &options, &error) == IOU_CANCELLED);
    options = (iou_run_options){.struct_size = sizeof options, .deadline_ns = 1};
    CHECK(iou_session_run(session, &input, 1, NULL, 0, &options, &error) == IOU_DEADLINE);
    CHECK(run_once(session, iou_model_output_count(model)) == expected);
    iou_session_close(&session);
}

/** The options of a program that was built with a newer header. */
typedef struct newer_options {
    iou_run_options known;
    int64_t unknown;
} newer_options;

static void check_arguments(const iou_model *model) {
    iou_session *session = open_session(model, 1, NULL);
    iou_tensor input = make_input();
    iou_error error = {0};
    iou_session *none = NULL;
    iou_value_info info;
    void *stranger = (void *)(uintptr_t)model;
    CHECK(iou_session_run(NULL, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "expected a session, found null"));
    CHECK(iou_session_run(stranger, &input, 1, NULL, 0, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "expected a session, found a model"));
    CHECK(iou_detector_run(stranger, NULL, 0, NULL, NULL, 0, NULL, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_detector_rescore(stranger, 0, NULL, NULL, 0, NULL, NULL) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_open(&none, stranger, &(iou_session_options){0}, &error) ==
          IOU_INVALID_ARGUMENT);
    CHECK(strstr(error.text, "struct_size") && !none);
    CHECK(iou_session_open(NULL, model, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_session_open(&none, NULL, NULL, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_input(model, 1000, &info, &error) == IOU_INVALID_ARGUMENT);
    CHECK(iou_model_default_count(NULL) == 0);
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

void check_refusals(const iou_model *model, uint64_t expected) {
    check_stops(model, expected);
    check_arguments(model);
    check_prepared(model);
}

#include "embedded_run.h"

#include "promises.h"

enum { MAX_OUTPUTS = 64 };

static float pixels[3 * HEIGHT * WIDTH];

void fill_input(void) {
    for (size_t i = 0; i < 3 * HEIGHT * WIDTH; i++) {
        pixels[i] = (float)(i * 2654435761u >> 8 & 0xff) - 128.0f;
    }
}

iou_tensor make_input(void) {
    return (iou_tensor){.type = IOU_FLOAT,
                        .rank = 4,
                        .dims = {1, 3, HEIGHT, WIDTH},
                        .data = pixels,
                        .size = sizeof pixels};
}

uint64_t run_once(iou_session *session, size_t output_count) {
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

iou_session *open_session(const iou_model *model, int threads, const iou_team *team) {
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

uint64_t run_with(const iou_model *model, int threads, const iou_team *team) {
    iou_session *session = open_session(model, threads, team);
    const uint64_t sum = run_once(session, iou_model_output_count(model));
    iou_session_close(&session);
    return sum;
}

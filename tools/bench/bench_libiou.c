/*
 * The C side of tools/bench_peers.py: a process that loads a model and runs it once per request.
 *
 *     bench_libiou MODEL INPUT.f32 1x3x480x640 THREADS
 *
 * Prints one line of JSON when the first result is there: instants on CLOCK_MONOTONIC. Then it
 * reads commands, a line each: `run` returns the milliseconds of one run, `outputs PREFIX` writes
 * PREFIX.0.f32, … and returns their number, `quit` ends.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iou/iou.h"

enum { MAX_OUTPUTS = 64 };

typedef struct bench {
    iou_session *session;
    iou_tensor input;
    iou_tensor outputs[MAX_OUTPUTS];
    size_t output_count;
} bench;

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* What the library says of itself. */
static void write_log(void *context, iou_log_level level, const char *text) {
    (void)context;
    (void)level;
    fprintf(stderr, "bench_libiou: %s\n", text);
}

static _Noreturn void fail(const char *text) {
    fprintf(stderr, "bench_libiou: %s\n", text);
    exit(1);
}

/* Fills in the dims from "1x3x480x640". */
static void parse_shape(const char *text, iou_tensor *tensor) {
    tensor->type = IOU_FLOAT;
    tensor->size = sizeof(float);
    for (char *end;; text = end + 1) {
        long long side = strtoll(text, &end, 10);
        if (end == text || side < 1 || tensor->rank == IOU_MAX_RANK ||
            (size_t)side > ((size_t)1 << 40) / tensor->size)
            fail("expected a shape such as 1x3x480x640");
        tensor->dims[tensor->rank++] = side;
        tensor->size *= (size_t)side;
        if (*end == '\0')
            return;
        if (*end != 'x')
            fail("expected a shape such as 1x3x480x640");
    }
}

static void read_input(const char *path, iou_tensor *tensor) {
    FILE *file = fopen(path, "rb");
    tensor->data = malloc(tensor->size);
    if (file == NULL || tensor->data == NULL ||
        fread(tensor->data, 1, tensor->size, file) != tensor->size)
        fail("the input cannot be read");
    fclose(file);
}

static void run(bench *b) {
    iou_error error;
    for (size_t i = 0; i < b->output_count; i++)
        b->outputs[i] = (iou_tensor){0};
    if (iou_session_run(b->session, &b->input, 1, b->outputs, b->output_count, NULL, &error))
        fail(error.text);
}

static void write_outputs(const bench *b, const char *prefix) {
    for (size_t i = 0; i < b->output_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s.%zu.f32", prefix, i);
        FILE *file = fopen(path, "wb");
        if (file == NULL ||
            fwrite(b->outputs[i].data, 1, b->outputs[i].size, file) != b->outputs[i].size ||
            fclose(file) != 0)
            fail("the outputs cannot be written");
    }
    printf("%zu\n", b->output_count);
}

static void serve(bench *b) {
    for (char line[4096]; fgets(line, sizeof line, stdin) != NULL; fflush(stdout)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "run") == 0) {
            int64_t begin = now_ns();
            run(b);
            printf("%.6f\n", (double)(now_ns() - begin) * 1e-6);
        } else if (strncmp(line, "outputs ", 8) == 0) {
            write_outputs(b, line + 8);
        } else if (strcmp(line, "quit") == 0) {
            return;
        } else {
            fail("unknown command");
        }
    }
}

int main(int argc, char **argv) {
    int64_t entered = now_ns();
    if (argc != 5)
        fail("expected MODEL INPUT.f32 SHAPE THREADS");
    bench b = {0};
    parse_shape(argv[3], &b.input);
    read_input(argv[2], &b.input);
    int64_t begin = now_ns();
    iou_error error;
    iou_model *model;
    const iou_log log = {.write = write_log};
    iou_session_options options = {
        .struct_size = sizeof options, .log = &log, .threads = (int)strtol(argv[4], NULL, 10)};
    if (iou_model_open(&model, argv[1], NULL, &error) ||
        iou_session_open(&b.session, model, &options, &error))
        fail(error.text);
    int64_t loaded = now_ns();
    b.output_count = iou_model_output_count(model);
    if (b.output_count > MAX_OUTPUTS)
        fail("too many outputs");
    run(&b);
    printf("{\"imported_ns\": %" PRId64 ", \"load_ms\": %.3f, \"first_ns\": %" PRId64
           ", \"version\": \"%s\"}\n",
           entered, (double)(loaded - begin) * 1e-6, now_ns(), iou_version());
    fflush(stdout);
    serve(&b);
    iou_session_close(&b.session);
    iou_model_close(&model);
    free(b.input.data);
    return 0;
}

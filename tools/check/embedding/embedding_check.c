/* Checks what iou.h promises to a program that embeds libiou: embedding_check MODEL. */
#include <stdlib.h>

#include "embedded_run.h"
#include "promises.h"

int failures;

void give_up(const char *text) {
    printf("FAILED: %s\n", text);
    exit(1);
}

int main(int argc, char **argv) {
    iou_error error;
    iou_model *model;
    if (argc != 2 || iou_model_open(&model, argv[1], NULL, &error)) {
        give_up(argc == 2 ? error.text : "usage: embedding_check MODEL");
    }
    fill_input();
    const uint64_t expected = run_with(model, 1, NULL);
    check_threads(model, expected);
    check_memory(argv[1]);
    check_handles(argv[1], model);
    check_refusals(model, expected);
    check_pictures(model);
    iou_model_close(&model);
    printf("embedding_check: %d failures\n", failures);
    return failures > 0;
}

#include "model_check.h"

#include "iou/ops.h"

#include <stdio.h>

void iou_test_problems(const void *model, size_t size, char *text, size_t capacity) {
    iou_inferred *inferred = NULL;
    iou_error error = {0};
    text[0] = '\0';
    if (iou_infer_model(&inferred, model, size, &error) != IOU_OK) {
        (void)snprintf(text, capacity, "%s\n", error.text);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < iou_inferred_problem_count(inferred) && used < capacity; i++) {
        iou_status kind;
        const char *line = "";
        (void)iou_inferred_problem(inferred, i, &kind, &line);
        used += (size_t)snprintf(text + used, capacity - used, "%s\n", line);
    }
    iou_inferred_close(&inferred);
}

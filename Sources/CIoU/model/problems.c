#include "model/problems.h"

#include <string.h>

static bool is_of_model(iou_status status) {
    return status == IOU_BAD_MODEL || status == IOU_UNSUPPORTED;
}

iou_status iou_problems_note(iou_problems *problems, iou_status status, const iou_error *error) {
    if (!problems || !is_of_model(status)) {
        return status;
    }
    const char *text = error && error->text[0] ? error->text : iou_status_name(status);
    iou_problem *problem = iou_arena_alloc(problems->memory, sizeof *problem);
    const char *copy = iou_arena_strdup(problems->memory, text, strlen(text));
    if (!problem || !copy) {
        return IOU_OUT_OF_MEMORY;
    }
    *problem = (iou_problem){.status = status, .text = copy};
    if (problems->last) {
        problems->last->next = problem;
    } else {
        problems->first = problem;
    }
    problems->last = problem;
    problems->count++;
    return IOU_OK;
}

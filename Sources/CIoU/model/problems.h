/* What is wrong with a model that is opened for inspection: noted, where a run would be refused. */
#ifndef IOU_PROBLEMS_H
#define IOU_PROBLEMS_H

#include "core/arena.h"
#include "core/status.h"

typedef struct iou_problem iou_problem;

struct iou_problem {
    iou_status status;
    const char *text; /**< one line */
    const iou_problem *next;
};

/** In the order in which they were found. */
typedef struct iou_problems {
    iou_arena *memory;
    iou_problem *first, *last;
    size_t count;
} iou_problems;

/**
 * Notes a failure of the model, and returns IOU_OK so that the work goes on. Returns `status` where
 * nothing is noted: `problems` is NULL, or memory or a limit failed, not the model.
 */
iou_status iou_problems_note(iou_problems *problems, iou_status status, const iou_error *error);

#endif

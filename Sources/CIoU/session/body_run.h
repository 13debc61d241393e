/* A run of a body, for the files of session_body.c alone. */
#ifndef IOU_BODY_RUN_H
#define IOU_BODY_RUN_H

#include "ops/body.h"
#include "session/body_rows.h"
#include "session/session_body.h"

/* What a session keeps of a body between runs; in the order of the model's bodies. */
struct iou_session_body {
    const iou_body *body; /* NULL: it has not run yet */
    iou_session *session;
    iou_tensor *inputs, *outputs; /* of its model */
    iou_buffer *states;           /* what goes into the next iteration */
    iou_buffer *slices;           /* of scanned inputs, where they are not in one piece */
    iou_body_rows *rows;          /* of the states of each batch, then of what is collected */
    iou_buffer *results;          /* the node's outputs */
    size_t size;                  /* bytes of these in the present run */
    int64_t number;
    uint8_t condition;
};

/** A run of a body. */
typedef struct iou_body_run {
    iou_session *around;
    iou_session_body *own;
    const iou_body *body;
    const iou_plan_step *step;
    const iou_body_step *given;
    const iou_run_options *options;
    size_t limit; /* bytes for all that it holds */
    int64_t batch, iteration;
    iou_error *error;
} iou_body_run;

/** Input `input` of the node without its first axis, of which `batch` is taken, if it has one. */
iou_tensor iou_body_node_input(const iou_body_run *r, int input, bool batched);

/** What goes into the first iteration, and into all. */
void iou_body_bind_first(const iou_body_run *r);

/** The slices that iteration `index` reads; with no more than their shapes where it is -1. */
iou_status iou_body_bind_slices(const iou_body_run *r, int64_t index);

/** Of a mapped body: how often it runs, and before the first time the sequences that it makes. */
iou_status iou_body_map_length(const iou_body_run *r, int64_t *length);
iou_status iou_body_map_begin(const iou_body_run *r, int64_t length);
/** The elements that iteration `index` reads. */
void iou_body_map_bind(const iou_body_run *r, int64_t index);
/** What an iteration has computed, at the ends of the sequences. */
iou_status iou_body_map_collect(const iou_body_run *r);
/** Marks what the sequences hold. */
void iou_body_map_reach(const iou_body_run *r);

/** A state as it is at the end: made by the last iteration, or what came in where there was none.
 */
iou_status iou_body_finish_state(const iou_body_run *r, int index);

/** Puts rows together: `batches` is -1 where the output has no axis of them. */
iou_status iou_body_finish_rows(const iou_body_run *r, int output, int64_t batches,
                                const iou_body_axis *axis);

/** Puts the collected rows together. */
iou_status iou_body_finish_collected(const iou_body_run *r, int64_t batches);

/** What rows would be, where no iteration has made one: as far as it is known, else of size 0. */
iou_status iou_body_describe_rows(const iou_body_run *r);

/** Bytes that states and rows may still take. */
size_t iou_body_left(const iou_body_run *r);

#endif

/* What the operators on sequences and optionals share. */
#ifndef IOU_SEQUENCE_H
#define IOU_SEQUENCE_H

#include "ops/pool.h"

/** What their steps have as parameters. */
typedef struct iou_sequence_step {
    const void *attributes;
    int input_count;
    const iou_operand *const *in; /**< NULL: absent */
    const iou_operand *out;
} iou_sequence_step;

/** Checks that input 0 is a sequence; its elements' type, undefined where it is not known. */
iou_status iou_sequence_element(const iou_infer *infer, iou_type *element);

/** Checks that input `input`, which may be absent, is one integer. */
iou_status iou_sequence_check_position(const iou_infer *infer, int input);

/** A step of one task. */
iou_status iou_sequence_prepare(const iou_prepare *prepare, iou_run_task run);

/** The operand of an input of the step; NULL: absent. */
const iou_operand *iou_sequence_operand(const iou_call *call, int input);

/** The sequence that an input of a running step is; fails for an optional without one. */
iou_status iou_sequence_read(const iou_call *call, int input, const iou_sequence **sequence);

/** A position from an input: `otherwise` where that is absent, from the end where it is negative;
 * fails unless it is in 0 … last. */
iou_status iou_sequence_position(const iou_call *call, int input, size_t count, size_t last,
                                 size_t otherwise, size_t *position);

/** Makes a pointer a step's output. */
static inline void iou_sequence_write(const iou_call *call, const void *value) {
    *(const void **)call->out[0] = value;
}

#endif

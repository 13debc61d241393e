/* What the operators on sequences and optionals share. */
#ifndef IOU_SEQUENCE_H
#define IOU_SEQUENCE_H

#include "ops/run_pool.h"

/** Checks that input 0 is a sequence; its elements' type, undefined where it is not known. */
iou_status iou_sequence_element(const iou_infer *infer, iou_type *element);

/** Checks that input `input`, which may be absent, is one integer. */
iou_status iou_sequence_check_position(const iou_infer *infer, int input);

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

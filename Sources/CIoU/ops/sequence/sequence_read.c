/* SequenceAt and SequenceLength: what is in a sequence. */
#include "ops/facts.h"
#include "ops/sequence/sequence.h"

/* ---- SequenceAt ---------------------------------------------------------------------------- */

static iou_status at_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_sequence_check_position(infer, 1));
    return iou_sequence_element(infer, &infer->out[0].type);
}

static iou_status at_run(const iou_call *call, size_t task) {
    const iou_sequence *from;
    size_t at;
    (void)task;
    IOU_TRY(iou_sequence_read(call, 0, &from));
    IOU_FAIL_IF(from->count == 0, IOU_BAD_DATA, call->error,
                "expected a sequence with elements, found an empty one");
    IOU_TRY(iou_sequence_position(call, 1, from->count, from->count - 1, 0, &at));
    iou_call_give(call, 0, from->list->elements[at]);
    return IOU_OK;
}

static iou_status at_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, at_run);
}

const iou_op iou_op_sequence_at = {.name = "SequenceAt",
                                   .infer = at_infer,
                                   .prepare = at_prepare,
                                   .pooled = true,
                                   .accepts = IOU_ACCEPTS_ALL};

/* ---- SequenceLength ------------------------------------------------------------------------ */

static iou_status length_infer(const iou_infer *infer) {
    iou_type element;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_sequence_element(infer, &element));
    infer->out[0].type = IOU_INT64;
    infer->out[0].rank = 0;
    return IOU_OK;
}

static iou_status length_run(const iou_call *call, size_t task) {
    const iou_sequence *from;
    (void)task;
    IOU_TRY(iou_sequence_read(call, 0, &from));
    *(int64_t *)call->out[0] = (int64_t)from->count;
    return IOU_OK;
}

static iou_status length_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, length_run);
}

const iou_op iou_op_sequence_length = {.name = "SequenceLength",
                                       .infer = length_infer,
                                       .prepare = length_prepare,
                                       .pooled = true,
                                       .accepts = IOU_ACCEPTS_ALL};

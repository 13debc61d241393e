/* What the operators on sequences and optionals share. */
#include "ops/sequence/sequence.h"

#include "ops/facts.h"

iou_status iou_sequence_element(const iou_infer *infer, iou_type *element) {
    const iou_type type = infer->in[0]->type;
    *element = iou_type_element(type);
    if (type != IOU_TYPE_UNDEFINED && type != iou_type_sequence(*element)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input 0: expected a sequence, found %s",
                              iou_type_name(type));
    }
    return IOU_OK;
}

iou_status iou_sequence_check_position(const iou_infer *infer, int input) {
    const iou_fact *position = iou_fact_in(infer, input);
    size_t count;
    if (!position) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, input, iou_types_index));
    if (iou_fact_count(position, &count) && count != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected one position, found %zu",
                              input, count);
    }
    return IOU_OK;
}

iou_status iou_sequence_read(const iou_call *call, int input, const iou_sequence **sequence) {
    *sequence = *(const iou_sequence *const *)call->in[input];
    IOU_FAIL_IF(!*sequence, IOU_BAD_DATA, call->error,
                "input %d: expected a sequence, found an optional without an element", input);
    return IOU_OK;
}

iou_status iou_sequence_position(const iou_call *call, int input, size_t count, size_t last,
                                 size_t otherwise, size_t *position) {
    const iou_operand *operand = iou_pooled_operand(call, input);
    *position = otherwise;
    if (!operand) {
        return IOU_OK;
    }
    const int64_t given = iou_read_int(operand->type, call->in[input], 0);
    const int64_t at = given < 0 ? given + (int64_t)count : given;
    IOU_FAIL_IF(at < 0 || (uint64_t)at > last, IOU_BAD_DATA, call->error,
                "position: expected %lld to %lld for a sequence of %zu, found %lld",
                -(long long)count, (long long)last, count, (long long)given);
    *position = (size_t)at;
    return IOU_OK;
}

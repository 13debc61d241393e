/* ConcatFromSequence: the tensors of a sequence along an axis that they have, or along a new one.
 */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/sequence/sequence.h"

#include <string.h>

typedef struct concat_attributes {
    int64_t axis;
    bool new_axis;
} concat_attributes;

static iou_status concat_parse(const iou_parse *parse) {
    concat_attributes *a = parse->attributes;
    if (!iou_attribute_present(parse->node, "axis")) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "axis: expected a number, found none");
    }
    a->axis = iou_attribute_int(parse->node, "axis", 0);
    return iou_parse_flag(parse, "new_axis", false, &a->new_axis);
}

static iou_status concat_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    return iou_sequence_element(infer, &infer->out[0].type);
}

/** The axis of the output, which has `rank` of them. */
static iou_status find_axis(const iou_call *call, const concat_attributes *a, int rank, int *axis) {
    IOU_FAIL_IF(rank > IOU_MAX_RANK, IOU_UNSUPPORTED, call->error,
                "expected a result of rank %d at most, found %d", IOU_MAX_RANK, rank);
    IOU_FAIL_IF(a->axis < -rank || a->axis >= rank, IOU_BAD_DATA, call->error,
                "axis: expected %d to %d, found %lld", -rank, rank - 1, (long long)a->axis);
    *axis = (int)(a->axis < 0 ? a->axis + rank : a->axis);
    return IOU_OK;
}

/** The output's dims: those of the first tensor, which all share but along an axis that exists. */
static iou_status find_dims(const iou_call *call, const iou_sequence *from, int axis, bool is_new,
                            int64_t *dims) {
    const iou_run_pool_tensor *const *tensors = from->list->elements;
    const int rank = tensors[0]->rank;
    int64_t along = 0;
    for (size_t i = 0; i < from->count; i++) {
        bool same = tensors[i]->rank == rank;
        for (int d = 0; same && d < rank; d++) {
            same = tensors[i]->dims[d] == tensors[0]->dims[d] || (d == axis && !is_new);
        }
        IOU_FAIL_IF(!same, IOU_BAD_DATA, call->error,
                    "tensor %zu of the sequence: expected the shape of the first%s, found another",
                    i, is_new ? "" : " but for the axis");
        const int64_t length = is_new ? 1 : tensors[i]->dims[axis];
        IOU_FAIL_IF(__builtin_add_overflow(along, length, &along), IOU_LIMIT, call->error,
                    "the result is too long");
    }
    for (int d = 0, at = 0; d < rank + is_new; d++) {
        dims[d] = d == axis ? along : tensors[0]->dims[at];
        at += d != axis || !is_new;
    }
    return IOU_OK;
}

static iou_status concat_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    const concat_attributes *a = step->attributes;
    const iou_sequence *from;
    int64_t dims[IOU_MAX_RANK];
    int axis = 0;
    void *to;
    (void)task;
    IOU_TRY(iou_sequence_read(call, 0, &from));
    IOU_FAIL_IF(from->count == 0, IOU_BAD_DATA, call->error,
                "expected a sequence with elements, found an empty one");
    const int rank = from->list->elements[0]->rank + a->new_axis;
    IOU_TRY(find_axis(call, a, rank, &axis));
    IOU_TRY(find_dims(call, from, axis, a->new_axis, dims));
    IOU_TRY(iou_call_make(call, 0, step->out[0].type, rank, dims, &to));
    size_t outer = 1;
    for (int d = 0; d < axis; d++) {
        outer = iou_size_times(outer, (size_t)dims[d]);
    }
    char *at = to;
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < from->count; i++) {
            const iou_run_pool_tensor *tensor = from->list->elements[i];
            const size_t size = tensor->size / outer;
            if (size > 0) {
                memcpy(at, (const char *)tensor->data + o * size, size);
            }
            at += size;
        }
    }
    return IOU_OK;
}

static iou_status concat_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, concat_run);
}

const iou_op iou_op_concat_from_sequence = {.name = "ConcatFromSequence",
                                            .attributes_size = sizeof(concat_attributes),
                                            .parse = concat_parse,
                                            .infer = concat_infer,
                                            .prepare = concat_prepare,
                                            .pooled = true,
                                            .accepts = IOU_ACCEPTS_ALL};

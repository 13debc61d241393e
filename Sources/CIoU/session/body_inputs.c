/* What goes into the iterations of a body: the node's inputs, and slices of them. */
#include "session/body_run.h"

#include <string.h>

iou_tensor iou_body_node_input(const iou_body_run *r, int input, bool batched) {
    const iou_operand *operand = r->given->in[input];
    iou_tensor tensor = {.type = operand->type, .rank = operand->rank - (int)batched};
    tensor.size = operand->count * iou_type_size(operand->type);
    tensor.data = (void *)(uintptr_t)r->step->in[input];
    if (batched) {
        tensor.size = operand->dims[0] > 0 ? tensor.size / (size_t)operand->dims[0] : 0;
        tensor.data = tensor.size > 0 ? (char *)tensor.data + (size_t)r->batch * tensor.size : NULL;
    }
    memcpy(tensor.dims, operand->dims + batched, sizeof(int64_t) * (size_t)tensor.rank);
    return tensor;
}

static iou_tensor single(iou_type type, int rank, void *data) {
    return (iou_tensor){
        .type = type, .rank = rank, .dims = {1}, .data = data, .size = iou_type_size(type)};
}

void iou_body_bind_first(const iou_body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    if (body->counted) {
        own->inputs[0] = single(IOU_INT64, body->number_rank, &own->number);
        own->inputs[1] = single(IOU_BOOL, body->condition_rank, &own->condition);
    }
    for (int i = 0; i < body->states; i++) {
        own->inputs[iou_body_state_input(body) + i] =
            iou_body_node_input(r, body->first_state + i, body->batched);
    }
    for (int i = 0; i < body->outer_count; i++) {
        own->inputs[body->input_count + i] = iou_body_node_input(r, body->own_inputs + i, false);
    }
}

iou_status iou_body_bind_slices(const iou_body_run *r, int64_t index) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->scanned; i++) {
        const iou_tensor from =
            iou_body_node_input(r, iou_body_first_scanned(body) + i, body->batched);
        const int axis = iou_body_axis_of(body->scanned_axes, i, from.rank);
        iou_tensor *slice = &r->own->inputs[iou_body_state_input(body) + body->states + i];
        *slice = (iou_tensor){.type = from.type, .rank = from.rank - 1};
        for (int d = 0, to = 0; d < from.rank; d++) {
            if (d != axis) {
                slice->dims[to++] = from.dims[d];
            }
        }
        if (index >= 0) {
            const bool backwards = body->scanned_axes && body->scanned_axes[i].backwards;
            IOU_TRY(iou_body_slice(slice, &from, axis,
                                   backwards ? from.dims[axis] - 1 - index : index,
                                   &r->own->slices[i], r->error));
        }
    }
    return IOU_OK;
}

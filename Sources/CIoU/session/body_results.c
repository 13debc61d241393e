/* What comes out of a body: states as they are at the end, and rows put together. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "session/body_run.h"

#include <string.h>

static size_t held(const iou_body_run *r) {
    const iou_body *body = r->body;
    size_t size = 0;
    for (int i = 0; i < body->states; i++) {
        size += r->own->inputs[iou_body_state_input(body) + i].size;
    }
    for (int i = 0; i < body->states + body->collected; i++) {
        size += r->own->rows[i].bytes;
    }
    return size;
}

size_t iou_body_left(const iou_body_run *r) {
    return iou_size_less(r->limit, held(r) + r->around->pool->bytes);
}

iou_status iou_body_describe_rows(const iou_body_run *r) {
    const iou_body *body = r->body;
    bool known = true;
    for (int i = 0; i < body->collected; i++) {
        known = known && r->own->rows[body->states + i].known;
    }
    if (known) {
        return IOU_OK;
    }
    iou_error ignored;
    IOU_TRY(iou_body_bind_slices(r, -1));
    r->own->session->options.max_memory_bytes = r->limit;
    const bool planned =
        iou_session_plan_first(r->own->session, r->own->inputs,
                               (size_t)(body->input_count + body->outer_count), &ignored) == IOU_OK;
    for (int i = 0; i < body->collected; i++) {
        const int output = iou_body_state_output(body) + body->states + i;
        iou_value_info info = {.rank = -1};
        iou_model_describe(body->model, body->model->outputs[output], &info);
        if (planned) {
            (void)iou_session_output(r->own->session, (size_t)output, &info, &ignored);
        }
        iou_tensor row = {.type = info.type, .rank = info.rank < 0 ? 0 : info.rank};
        row.size = iou_type_size(row.type);
        for (int d = 0; d < row.rank; d++) {
            row.dims[d] = info.dims[d] < 0 ? 0 : info.dims[d];
            row.size = iou_size_times(row.size, (size_t)row.dims[d]);
        }
        IOU_TRY(iou_body_rows_describe(&r->own->rows[body->states + i], &row, r->error));
    }
    return IOU_OK;
}

/** Whether the node has the output; and of the type that was planned. */
static iou_status check_output(const iou_body_run *r, int output, iou_type type, bool *there) {
    *there = output < r->step->output_count && r->step->outputs[output] >= 0;
    IOU_FAIL_IF(*there && !iou_type_serves(r->given->out[output].type, type), IOU_BAD_DATA,
                r->error, "output %d: expected %s, found %s", output,
                iou_type_name(r->given->out[output].type), iou_type_name(type));
    return IOU_OK;
}

iou_status iou_body_finish_state(const iou_body_run *r, int index) {
    iou_session_body *own = r->own;
    const iou_tensor *state = &own->inputs[iou_body_state_input(r->body) + index];
    bool there;
    IOU_TRY(check_output(r, index, state->type, &there));
    if (!there) {
        return IOU_OK;
    }
    iou_buffer *result = &own->results[index];
    if (r->iteration > 0) {
        const iou_buffer before = *result;
        *result = own->states[index];
        own->states[index] = before;
    } else {
        IOU_FAIL_IF(state->size > r->limit, IOU_LIMIT, r->error,
                    "output %d of %zu bytes passes the %zu that are left", index, state->size,
                    r->limit);
        IOU_TRY(iou_buffer_grow(result, state->size + 1, r->error));
        if (state->size > 0) {
            memcpy(result->data, state->data, state->size);
        }
    }
    iou_call_set_dims(r->step->out_dims[index], state->dims, state->rank);
    own->size += state->size;
    return IOU_OK;
}

iou_status iou_body_finish_rows(const iou_body_run *r, int output, int64_t batches,
                                const iou_body_axis *axis) {
    iou_body_rows *rows = &r->own->rows[output];
    const iou_tensor row = rows->row;
    const int first = batches >= 0, rank = row.rank + 1 + first;
    const int at = iou_body_axis_of(axis, 0, row.rank + 1);
    bool there;
    IOU_TRY(check_output(r, output, row.type, &there));
    if (!there) {
        return IOU_OK;
    }
    IOU_FAIL_IF(at < 0 || rank > IOU_MAX_RANK, at < 0 ? IOU_BAD_DATA : IOU_UNSUPPORTED, r->error,
                "output %d of rank %d cannot be put together along its axis", output, rank);
    int64_t dims[IOU_MAX_RANK] = {batches};
    for (int d = 0, from = 0; d <= row.rank; d++) {
        dims[first + d] = d != at       ? row.dims[from++]
                          : batches > 0 ? (int64_t)rows->count / batches
                                        : (int64_t)rows->count;
    }
    IOU_TRY(iou_body_rows_finish(rows, batches < 0 ? 1 : (size_t)batches, at,
                                 axis && axis->backwards, iou_body_left(r) + rows->bytes,
                                 &r->own->results[output], r->error));
    iou_call_set_dims(r->step->out_dims[output], dims, rank);
    r->own->size += rows->bytes;
    return IOU_OK;
}

iou_status iou_body_finish_collected(const iou_body_run *r, int64_t batches) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->collected; i++) {
        const iou_body_axis *axis = body->collected_axes ? &body->collected_axes[i] : NULL;
        IOU_TRY(iou_body_finish_rows(r, body->states + i, batches, axis));
    }
    return IOU_OK;
}

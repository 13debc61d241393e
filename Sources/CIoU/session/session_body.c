/*
 * The body of a node within a run: its session runs once an iteration, states go round, rows are
 * collected. What it holds counts as the run's memory, and every iteration looks at the deadline.
 */
#include "session/session_body.h"

#include "core/memory.h"
#include "core/sizes.h"
#include "ops/body.h"
#include "ops/facts.h"
#include "session/body_rows.h"

#include <string.h>

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
typedef struct body_run {
    iou_session *around;
    iou_session_body *own;
    const iou_body *body;
    const iou_plan_step *step;
    const iou_body_step *given;
    const iou_run_options *options;
    size_t limit; /* bytes for all that it holds */
    int64_t batch, iteration;
    iou_error *error;
} body_run;

/* ---- What is kept -------------------------------------------------------------------------- */

iou_session_body *iou_session_bodies_create(const iou_model *model) {
    return iou_memory_zeroed((size_t)model->body_count + 1, sizeof(iou_session_body));
}

static void release_all(iou_buffer *buffers, int count) {
    for (int i = 0; buffers && i < count; i++) {
        iou_memory_release(buffers[i].data);
    }
    iou_memory_release(buffers);
}

static void destroy(iou_session_body *own) {
    const iou_body *body = own->body;
    const int rows = body->states + body->collected;
    iou_session_close(&own->session);
    for (int i = 0; own->rows && i < rows; i++) {
        iou_memory_release(own->rows[i].buffer.data);
    }
    iou_memory_release(own->rows);
    release_all(own->states, body->states);
    release_all(own->slices, body->scanned);
    release_all(own->results, rows);
    iou_memory_release(own->inputs);
    iou_memory_release(own->outputs);
}

void iou_session_bodies_destroy(iou_session_body *bodies, const iou_model *model) {
    for (int i = 0; bodies && i < model->body_count; i++) {
        if (bodies[i].body) {
            destroy(&bodies[i]);
        }
    }
    iou_memory_release(bodies);
}

/** Room for what is kept; all or nothing, so that a later run may try again. */
static bool take_room(iou_session_body *own, const iou_body *body) {
    const size_t rows = (size_t)(body->states + body->collected) + 1;
    const size_t inputs = (size_t)(body->input_count + body->outer_count) + 1;
    own->body = body;
    own->inputs = iou_memory_zeroed(inputs, sizeof *own->inputs);
    own->outputs = iou_memory_zeroed((size_t)body->output_count + 1, sizeof *own->outputs);
    own->states = iou_memory_zeroed((size_t)body->states + 1, sizeof *own->states);
    own->slices = iou_memory_zeroed((size_t)body->scanned + 1, sizeof *own->slices);
    own->rows = iou_memory_zeroed(rows, sizeof *own->rows);
    own->results = iou_memory_zeroed(rows, sizeof *own->results);
    const bool all =
        own->inputs && own->outputs && own->states && own->slices && own->rows && own->results;
    if (!all) {
        destroy(own);
        memset(own, 0, sizeof *own);
    }
    return all;
}

static iou_status open_body(const body_run *r) {
    iou_session_body *own = r->own;
    IOU_FAIL_IF(!own->body && !take_room(own, r->body), IOU_OUT_OF_MEMORY, r->error,
                "no memory for the body");
    return own->session
               ? IOU_OK
               : iou_session_open_inner(&own->session, r->around, r->body->model, r->error);
}

void *iou_session_body_result(const iou_session *session, int number, int output) {
    const iou_session_body *own = &session->bodies[number];
    return own->results ? own->results[output].data : NULL;
}

size_t iou_session_bodies_size(const iou_session *session) {
    size_t size = 0;
    for (int i = 0; session->bodies && i < session->model->body_count; i++) {
        const iou_session_body *own = &session->bodies[i];
        size_t inner = 0;
        if (own->session) {
            iou_session_memory(own->session, &inner, NULL);
        }
        size += own->size + inner;
    }
    return size;
}

/* ---- Inputs -------------------------------------------------------------------------------- */

/** Input `input` of the node without its first axis, of which `batch` is taken, if it has one. */
static iou_tensor node_input(const body_run *r, int input, bool batched) {
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

/** What goes into the first iteration, and into all. */
static void bind_first(const body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    if (body->counted) {
        own->inputs[0] = single(IOU_INT64, body->number_rank, &own->number);
        own->inputs[1] = single(IOU_BOOL, body->condition_rank, &own->condition);
    }
    for (int i = 0; i < body->states; i++) {
        own->inputs[iou_body_state_input(body) + i] =
            node_input(r, body->first_state + i, body->batched);
    }
    for (int i = 0; i < body->outer_count; i++) {
        own->inputs[body->input_count + i] = node_input(r, body->own_inputs + i, false);
    }
}

/** The slices that iteration `index` reads; with no more than their shapes where it is -1. */
static iou_status bind_slices(const body_run *r, int64_t index) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->scanned; i++) {
        const iou_tensor from = node_input(r, iou_body_first_scanned(body) + i, body->batched);
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

/* ---- Iterations ---------------------------------------------------------------------------- */

static size_t held(const body_run *r) {
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

static size_t left(const body_run *r) {
    return iou_size_less(r->limit, held(r));
}

static iou_status add_row(const body_run *r, int index, const iou_tensor *row) {
    iou_body_rows *rows = &r->own->rows[index];
    const iou_status status = iou_body_rows_add(rows, row, left(r) + rows->bytes, r->error);
    return status == IOU_OK ? IOU_OK : iou_fail_context(r->error, status, "output %d", index);
}

/** The states of this iteration are those that the next one gets. */
static iou_status pass_on(const body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    for (int i = 0; i < body->states; i++) {
        const int output = iou_body_state_output(body) + i;
        iou_tensor *state = &own->inputs[iou_body_state_input(body) + i];
        IOU_FAIL_IF(own->outputs[output].type != state->type, IOU_BAD_DATA, r->error,
                    "state %d: expected %s, found %s", i, iou_type_name(state->type),
                    iou_type_name(own->outputs[output].type));
        const iou_buffer before = own->states[i];
        own->states[i] = own->session->outputs[output];
        own->session->outputs[output] = before;
        *state = own->outputs[output];
        state->name = NULL;
        state->data = own->states[i].data;
    }
    return IOU_OK;
}

static iou_status collect(const body_run *r) {
    const iou_body *body = r->body;
    const int first = iou_body_state_output(body) + body->states;
    for (int i = 0; i < body->collected; i++) {
        IOU_TRY(add_row(r, body->states + i, &r->own->outputs[first + i]));
    }
    return IOU_OK;
}

static iou_status read_condition(const body_run *r) {
    const iou_tensor *next = &r->own->outputs[0];
    IOU_FAIL_IF(next->type != IOU_BOOL || next->size != 1, IOU_BAD_DATA, r->error,
                "the condition that the body computes: expected one bool, found %zu bytes of %s",
                next->size, iou_type_name(next->type));
    r->own->condition = *(const uint8_t *)next->data != 0;
    return IOU_OK;
}

static iou_status run_once(const body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    own->number = r->iteration;
    IOU_TRY(bind_slices(r, r->iteration));
    memset(own->outputs, 0, sizeof *own->outputs * (size_t)body->output_count);
    own->session->options.max_memory_bytes = left(r);
    const iou_session_call call = {own->inputs, (size_t)(body->input_count + body->outer_count),
                                   own->outputs, (size_t)body->output_count, *r->options};
    IOU_TRY(iou_session_run_segments(own->session, &call, r->error));
    if (body->counted) {
        IOU_TRY(read_condition(r));
    }
    IOU_TRY(collect(r));
    return pass_on(r);
}

/** Runs while the condition holds, at most `trips` times. */
static iou_status iterate(body_run *r, int64_t trips) {
    for (r->iteration = 0; r->iteration < trips && r->own->condition; r->iteration++) {
        const iou_status status = run_once(r);
        if (status != IOU_OK) {
            return iou_fail_context(r->error, status, "iteration %lld", (long long)r->iteration);
        }
    }
    return IOU_OK;
}

/* ---- Results ------------------------------------------------------------------------------- */

/** What rows would be, where no iteration has made one: as far as it is known, else of size 0. */
static iou_status describe_rows(const body_run *r) {
    const iou_body *body = r->body;
    bool known = true;
    for (int i = 0; i < body->collected; i++) {
        known = known && r->own->rows[body->states + i].known;
    }
    if (known) {
        return IOU_OK;
    }
    iou_error ignored;
    IOU_TRY(bind_slices(r, -1));
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

static void set_dims(const body_run *r, int output, const int64_t *dims, int rank) {
    for (int d = 0; d < IOU_MAX_RANK; d++) {
        r->step->out_dims[output][d] = d < rank ? dims[d] : IOU_NO_DIM;
    }
}

/** Whether the node has the output; and of the type that was planned. */
static iou_status check_output(const body_run *r, int output, iou_type type, bool *there) {
    *there = output < r->step->output_count && r->step->outputs[output] >= 0;
    IOU_FAIL_IF(*there && r->given->out[output].type != type, IOU_BAD_DATA, r->error,
                "output %d: expected %s, found %s", output,
                iou_type_name(r->given->out[output].type), iou_type_name(type));
    return IOU_OK;
}

/** A state as it is at the end: made by the last iteration, or what came in where there was none.
 */
static iou_status finish_state(const body_run *r, int index) {
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
    set_dims(r, index, state->dims, state->rank);
    own->size += state->size;
    return IOU_OK;
}

/** Puts rows together: `batches` is -1 where the output has no axis of them. */
static iou_status finish_rows(const body_run *r, int output, int64_t batches,
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
                                 axis && axis->backwards, left(r) + rows->bytes,
                                 &r->own->results[output], r->error));
    set_dims(r, output, dims, rank);
    r->own->size += rows->bytes;
    return IOU_OK;
}

static iou_status finish_collected(const body_run *r, int64_t batches) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->collected; i++) {
        const iou_body_axis *axis = body->collected_axes ? &body->collected_axes[i] : NULL;
        IOU_TRY(finish_rows(r, body->states + i, batches, axis));
    }
    return IOU_OK;
}

/* ---- Sequences ----------------------------------------------------------------------------- */

/** The length that all scanned inputs share. */
static iou_status find_length(const body_run *r, int64_t *length) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->scanned; i++) {
        const iou_tensor from = node_input(r, iou_body_first_scanned(body) + i, body->batched);
        const int axis = iou_body_axis_of(body->scanned_axes, i, from.rank);
        IOU_FAIL_IF(axis < 0, IOU_BAD_DATA, r->error, "scanned input %d of rank %d lacks its axis",
                    i, from.rank);
        IOU_FAIL_IF(i > 0 && from.dims[axis] != *length, IOU_BAD_DATA, r->error,
                    "scanned input %d: expected the length %lld of those before, found %lld", i,
                    (long long)*length, (long long)from.dims[axis]);
        *length = from.dims[axis];
    }
    return IOU_OK;
}

static iou_status run_plain(body_run *r) {
    const iou_body *body = r->body;
    int64_t trips = INT64_MAX;
    bind_first(r);
    if (body->counted && r->given->in[0]) {
        IOU_FAIL_IF(r->given->in[0]->type != IOU_INT64 || r->given->in[0]->count != 1, IOU_BAD_DATA,
                    r->error, "the trip count: expected one int64");
        memcpy(&trips, r->step->in[0], sizeof trips);
    }
    if (body->counted && r->given->in[1]) {
        IOU_FAIL_IF(r->given->in[1]->type != IOU_BOOL || r->given->in[1]->count != 1, IOU_BAD_DATA,
                    r->error, "the condition: expected one bool");
        r->own->condition = *(const uint8_t *)r->step->in[1] != 0;
    }
    if (body->scanned > 0) {
        IOU_TRY(find_length(r, &trips));
    }
    IOU_TRY(iterate(r, trips));
    IOU_TRY(describe_rows(r));
    for (int i = 0; i < body->states; i++) {
        IOU_TRY(finish_state(r, i));
    }
    return finish_collected(r, -1);
}

/** Rows of zeros up to the longest sequence. */
static iou_status pad_rows(const body_run *r, int64_t length) {
    const iou_body *body = r->body;
    for (int64_t t = r->iteration; t < length; t++) {
        for (int i = body->states; i < body->states + body->collected; i++) {
            iou_tensor row = r->own->rows[i].row;
            IOU_TRY(add_row(r, i, &row));
        }
    }
    return IOU_OK;
}

/** Checks the axis of batches of every input; `*batches` is its length. */
static iou_status find_batches(const body_run *r, int64_t *batches) {
    const iou_body *body = r->body;
    for (int i = body->first_state; i < body->own_inputs; i++) {
        const iou_operand *in = r->given->in[i];
        IOU_FAIL_IF(in->rank < 1 || (i > body->first_state && in->dims[0] != *batches),
                    IOU_BAD_DATA, r->error, "input %d: expected the batches of those before", i);
        *batches = in->dims[0];
    }
    const iou_operand *lengths = r->given->in[0];
    IOU_FAIL_IF(lengths && (lengths->type != IOU_INT64 || lengths->count != (size_t)*batches),
                IOU_BAD_DATA, r->error, "the lengths of the sequences: expected %lld of int64",
                (long long)*batches);
    return IOU_OK;
}

static iou_status run_batch(body_run *r, int64_t longest) {
    const iou_body *body = r->body;
    int64_t length = longest;
    bind_first(r);
    if (r->given->in[0]) {
        memcpy(&length, (const char *)r->step->in[0] + (size_t)r->batch * sizeof length,
               sizeof length);
        IOU_FAIL_IF(length < 0 || length > longest, IOU_BAD_DATA, r->error,
                    "length %lld of sequence %lld: expected 0 to %lld", (long long)length,
                    (long long)r->batch, (long long)longest);
    }
    IOU_TRY(iterate(r, length));
    IOU_TRY(describe_rows(r));
    IOU_TRY(pad_rows(r, longest));
    for (int i = 0; i < body->states; i++) {
        IOU_TRY(add_row(r, i, &r->own->inputs[iou_body_state_input(body) + i]));
    }
    return IOU_OK;
}

static iou_status run_batches(body_run *r) {
    const iou_body *body = r->body;
    int64_t batches = 0, longest = 0;
    IOU_TRY(find_batches(r, &batches));
    IOU_FAIL_IF(batches == 0, IOU_UNSUPPORTED, r->error, "expected at least one batch, found none");
    IOU_TRY(find_length(r, &longest));
    for (r->batch = 0; r->batch < batches; r->batch++) {
        const iou_status status = run_batch(r, longest);
        if (status != IOU_OK) {
            return iou_fail_context(r->error, status, "batch %lld", (long long)r->batch);
        }
    }
    for (int i = 0; i < body->states; i++) { /* the axis of batches is that of the rows */
        IOU_TRY(finish_rows(r, i, -1, NULL));
    }
    return finish_collected(r, batches);
}

iou_status iou_session_run_body(iou_session *session, const iou_plan *plan,
                                const iou_plan_step *step, const iou_run_options *options,
                                iou_error *error) {
    const iou_body *body = step->body;
    static const iou_run_options none;
    body_run r = {.around = session,
                  .own = &session->bodies[body->number],
                  .body = body,
                  .step = step,
                  .given = step->step.params,
                  .options = options ? options : &none,
                  .error = error};
    r.limit = iou_size_less(session->options.max_memory_bytes,
                            plan->held + plan->arena_size + session->body_bytes);
    iou_status status = open_body(&r);
    if (status == IOU_OK) {
        r.own->size = 0;
        r.own->condition = 1;
        for (int i = 0; i < body->states + body->collected; i++) {
            iou_body_rows_begin(&r.own->rows[i]);
        }
        status = body->batched ? run_batches(&r) : run_plain(&r);
    }
    session->body_bytes += r.own->size;
    return status == IOU_OK
               ? IOU_OK
               : iou_fail_context(error, status, "node '%s' (%s)", step->name, step->type);
}

/*
 * The body of a node within a run: its session runs once an iteration, states go round, rows are
 * collected. What it holds counts as the run's memory, and every iteration looks at the deadline.
 */
#include "core/memory.h"
#include "core/sizes.h"
#include "session/body_run.h"

#include <string.h>

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

static iou_status open_body(const iou_body_run *r) {
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

/* ---- Iterations ---------------------------------------------------------------------------- */

static iou_status add_row(const iou_body_run *r, int index, const iou_tensor *row) {
    iou_body_rows *rows = &r->own->rows[index];
    const iou_status status =
        iou_body_rows_add(rows, row, iou_body_left(r) + rows->bytes, r->error);
    return status == IOU_OK ? IOU_OK : iou_fail_context(r->error, status, "output %d", index);
}

/** The states of this iteration are those that the next one gets. */
static iou_status pass_on(const iou_body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    for (int i = 0; i < body->states; i++) {
        const int output = iou_body_state_output(body) + i;
        iou_tensor *state = &own->inputs[iou_body_state_input(body) + i];
        const iou_type type = state->type;
        IOU_FAIL_IF(!iou_type_serves(own->outputs[output].type, type), IOU_BAD_DATA, r->error,
                    "state %d: expected %s, found %s", i, iou_type_name(type),
                    iou_type_name(own->outputs[output].type));
        const iou_buffer before = own->states[i];
        own->states[i] = own->session->outputs[output];
        own->session->outputs[output] = before;
        *state = own->outputs[output];
        state->type = type;
        state->name = NULL;
        state->data = own->states[i].data;
    }
    return IOU_OK;
}

static iou_status collect(const iou_body_run *r) {
    const iou_body *body = r->body;
    const int first = iou_body_state_output(body) + body->states;
    for (int i = 0; i < body->collected; i++) {
        IOU_TRY(add_row(r, body->states + i, &r->own->outputs[first + i]));
    }
    return IOU_OK;
}

static iou_status read_condition(const iou_body_run *r) {
    const iou_tensor *next = &r->own->outputs[0];
    IOU_FAIL_IF(next->type != IOU_BOOL || next->size != 1, IOU_BAD_DATA, r->error,
                "the condition that the body computes: expected one bool, found %zu bytes of %s",
                next->size, iou_type_name(next->type));
    r->own->condition = *(const uint8_t *)next->data != 0;
    return IOU_OK;
}

static iou_status run_once(const iou_body_run *r) {
    iou_session_body *own = r->own;
    const iou_body *body = r->body;
    own->number = r->iteration;
    if (body->mapped) {
        iou_body_map_bind(r, r->iteration);
    } else {
        IOU_TRY(iou_body_bind_slices(r, r->iteration));
    }
    memset(own->outputs, 0, sizeof *own->outputs * (size_t)body->output_count);
    /* What the pool holds is the whole run's: the session of the body takes it off by itself. */
    own->session->options.max_memory_bytes = iou_body_left(r) + r->around->pool->bytes;
    const iou_session_call call = {own->inputs, (size_t)(body->input_count + body->outer_count),
                                   own->outputs, (size_t)body->output_count, *r->options};
    IOU_TRY(iou_session_run_segments(own->session, &call, r->error));
    if (body->counted) {
        IOU_TRY(read_condition(r));
    }
    IOU_TRY(body->mapped ? iou_body_map_collect(r) : collect(r));
    return pass_on(r);
}

enum { SWEEP_BYTES = 1 << 16 /* that a pool must have grown by before it is worth a look */ };

/** Frees what the iterations have made in the pool since the block `since` and no state reaches.
 * The pool must have doubled since the last time, so that this costs no more than to fill it. */
static void sweep_pool(const iou_body_run *r, const iou_run_pool_block *since) {
    iou_run_pool *pool = r->around->pool;
    if (pool->bytes / 2 < pool->kept || pool->bytes - pool->kept < SWEEP_BYTES) {
        return;
    }
    for (int i = 0; i < r->body->states; i++) {
        const iou_tensor *state = &r->own->inputs[iou_body_state_input(r->body) + i];
        if (iou_type_is_composite(state->type)) {
            iou_run_pool_reach(state->type, *(const void *const *)state->data);
        }
    }
    if (r->body->mapped) {
        iou_body_map_reach(r);
    }
    iou_run_pool_sweep(pool, since);
}

/** Runs while the condition holds, at most `trips` times. */
static iou_status iterate(iou_body_run *r, int64_t trips) {
    const iou_run_pool_block *since = r->around->pool->newest;
    for (r->iteration = 0; r->iteration < trips && r->own->condition; r->iteration++) {
        const iou_status status = run_once(r);
        if (status != IOU_OK) {
            return iou_fail_context(r->error, status, "iteration %lld", (long long)r->iteration);
        }
        sweep_pool(r, since);
    }
    return IOU_OK;
}

/* ---- Sequences ----------------------------------------------------------------------------- */

/** The length that all scanned inputs share. */
static iou_status find_length(const iou_body_run *r, int64_t *length) {
    const iou_body *body = r->body;
    for (int i = 0; i < body->scanned; i++) {
        const iou_tensor from =
            iou_body_node_input(r, iou_body_first_scanned(body) + i, body->batched);
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

static iou_status run_plain(iou_body_run *r) {
    const iou_body *body = r->body;
    int64_t trips = INT64_MAX;
    iou_body_bind_first(r);
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
    IOU_TRY(iou_body_describe_rows(r));
    for (int i = 0; i < body->states; i++) {
        IOU_TRY(iou_body_finish_state(r, i));
    }
    return iou_body_finish_collected(r, -1);
}

/** Runs once for each element of a sequence. */
static iou_status run_mapped(iou_body_run *r) {
    int64_t length = 0;
    iou_body_bind_first(r);
    IOU_TRY(iou_body_map_length(r, &length));
    IOU_TRY(iou_body_map_begin(r, length));
    return iterate(r, length);
}

/** Rows of zeros up to the longest sequence. */
static iou_status pad_rows(const iou_body_run *r, int64_t length) {
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
static iou_status find_batches(const iou_body_run *r, int64_t *batches) {
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

static iou_status run_batch(iou_body_run *r, int64_t longest) {
    const iou_body *body = r->body;
    int64_t length = longest;
    iou_body_bind_first(r);
    if (r->given->in[0]) {
        memcpy(&length, (const char *)r->step->in[0] + (size_t)r->batch * sizeof length,
               sizeof length);
        IOU_FAIL_IF(length < 0 || length > longest, IOU_BAD_DATA, r->error,
                    "length %lld of sequence %lld: expected 0 to %lld", (long long)length,
                    (long long)r->batch, (long long)longest);
    }
    IOU_TRY(iterate(r, length));
    IOU_TRY(iou_body_describe_rows(r));
    IOU_TRY(pad_rows(r, longest));
    for (int i = 0; i < body->states; i++) {
        IOU_TRY(add_row(r, i, &r->own->inputs[iou_body_state_input(body) + i]));
    }
    return IOU_OK;
}

static iou_status run_batches(iou_body_run *r) {
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
        IOU_TRY(iou_body_finish_rows(r, i, -1, NULL));
    }
    return iou_body_finish_collected(r, batches);
}

iou_status iou_session_run_body(iou_session *session, const iou_plan *plan,
                                const iou_plan_step *step, const iou_run_options *options,
                                iou_error *error) {
    const iou_body *body = step->body;
    static const iou_run_options none;
    iou_body_run r = {.around = session,
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
        status = body->batched ? run_batches(&r) : body->mapped ? run_mapped(&r) : run_plain(&r);
    }
    session->body_bytes += r.own->size;
    return status == IOU_OK
               ? IOU_OK
               : iou_fail_context(error, status, "node '%s' (%s)", step->name, step->type);
}

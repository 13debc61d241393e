#include "ops/recurrent/recurrent.h"

#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/real.h"

#include <math.h>
#include <string.h>

enum { X, W, R, BIAS, LENGTHS, STATE, MEMORY, PEEPHOLES, INPUTS };
enum { Y, LAST_STATE, LAST_MEMORY, OUTPUTS };
enum { FORWARD, REVERSE, BIDIRECTIONAL };

typedef struct recurrent_params {
    const iou_cell *cell;
    const iou_recurrent_attributes *how;
    iou_type type;
    bool has[INPUTS], makes[OUTPUTS];
    size_t time, batch, features, hidden;
} recurrent_params;

static const iou_cell *cell_of(const iou_node *node) {
    const iou_cell *cell = iou_cells;
    while (strcmp(cell->name, node->op->name) != 0) {
        cell++;
    }
    return cell;
}

static iou_status recurrent_parse(const iou_parse *parse) {
    static const char *const directions[] = {"forward", "reverse", "bidirectional", NULL};
    const iou_cell *cell = cell_of(parse->node);
    iou_recurrent_attributes *a = parse->attributes;
    IOU_TRY(iou_parse_choice(parse, "direction", directions, &a->direction));
    a->directions = a->direction == BIDIRECTIONAL ? 2 : 1;
    IOU_TRY(iou_parse_flag(parse, "layout", false, &a->batch_first));
    IOU_TRY(iou_parse_flag(parse, "linear_before_reset", false, &a->linear_before_reset));
    IOU_TRY(iou_parse_flag(parse, "input_forget", false, &a->input_forget));
    a->hidden_size = iou_attribute_int(parse->node, "hidden_size", 0);
    a->clip = (double)iou_attribute_float(parse->node, "clip", INFINITY);
    if (a->hidden_size < 0 || !(a->clip >= 0.0)) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "expected hidden_size and clip of 0 or more, found %lld and %g",
                              (long long)a->hidden_size, a->clip);
    }
    a->clip = a->clip > 0.0 ? a->clip : (double)INFINITY; /* exporters write 0 for none */
    return iou_cell_activations_parse(parse, cell->activations, cell->functions, a->directions,
                                      a->activations);
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_dim dim_of(const iou_fact *fact, int axis) {
    return fact != NULL && fact->rank > axis ? fact->dims[axis] : iou_dim_unknown();
}

static iou_status check_types(const iou_infer *infer) {
    static const iou_type lengths[] = {IOU_INT32, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    const iou_type same[] = {infer->in[X]->type, IOU_TYPE_UNDEFINED};
    for (int i = W; i < infer->node->input_count; i++) {
        if (iou_fact_in(infer, i) != NULL) {
            IOU_TRY(iou_infer_type(infer, i,
                                   i == LENGTHS                    ? lengths
                                   : same[0] == IOU_TYPE_UNDEFINED ? iou_types_real
                                                                   : same));
        }
    }
    return IOU_OK;
}

typedef struct sizes {
    iou_dim time, batch, features, hidden, directions;
} sizes;

static iou_status infer_sizes(const iou_infer *infer, sizes *s) {
    const iou_recurrent_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[X];
    *s = (sizes){.time = dim_of(x, a->batch_first ? 1 : 0),
                 .batch = dim_of(x, a->batch_first ? 0 : 1),
                 .features = dim_of(x, 2),
                 .hidden = dim_of(infer->in[R], 2),
                 .directions = iou_dim_number(a->directions)};
    if (a->hidden_size > 0 && s->hidden.known && s->hidden.value != a->hidden_size) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "hidden_size: expected %lld, as R, found %lld",
                              (long long)s->hidden.value, (long long)a->hidden_size);
    }
    s->hidden = a->hidden_size > 0 ? iou_dim_number(a->hidden_size) : s->hidden;
    return IOU_OK;
}

static iou_dim times(const iou_infer *infer, iou_dim dim, int factor) {
    return iou_infer_mul(infer, dim, iou_dim_number(factor));
}

static iou_status check_inputs(const iou_infer *infer, const sizes *s) {
    const iou_recurrent_attributes *a = infer->node->attributes;
    const int gates = cell_of(infer->node)->gates;
    const iou_dim rows = times(infer, s->hidden, gates);
    const iou_dim x[] = {iou_dim_unknown(), iou_dim_unknown(), s->features};
    const iou_dim w[] = {s->directions, rows, s->features};
    const iou_dim r[] = {s->directions, rows, s->hidden};
    const iou_dim bias[] = {s->directions, times(infer, rows, 2)};
    const iou_dim state[] = {a->batch_first ? s->batch : s->directions,
                             a->batch_first ? s->directions : s->batch, s->hidden};
    const iou_dim peepholes[] = {s->directions, times(infer, s->hidden, 3)};
    IOU_TRY(iou_fact_check_dims(infer, X, 3, x));
    IOU_TRY(iou_fact_check_dims(infer, W, 3, w));
    IOU_TRY(iou_fact_check_dims(infer, R, 3, r));
    IOU_TRY(iou_fact_check_dims(infer, BIAS, 2, bias));
    IOU_TRY(iou_fact_check_dims(infer, LENGTHS, 1, &s->batch));
    IOU_TRY(iou_fact_check_dims(infer, STATE, 3, state));
    IOU_TRY(iou_fact_check_dims(infer, MEMORY, 3, state));
    return iou_fact_check_dims(infer, PEEPHOLES, 2, peepholes);
}

static iou_status recurrent_infer(const iou_infer *infer) {
    const iou_cell *cell = cell_of(infer->node);
    const iou_recurrent_attributes *a = infer->node->attributes;
    sizes s;
    IOU_TRY(iou_fact_begin(infer, 3, cell->inputs, cell->outputs));
    IOU_TRY(check_types(infer));
    IOU_TRY(infer_sizes(infer, &s));
    IOU_TRY(check_inputs(infer, &s));
    const iou_dim all[] = {s.time, s.directions, s.batch, s.hidden};
    const iou_dim all_batch_first[] = {s.batch, s.time, s.directions, s.hidden};
    const iou_dim last[] = {s.directions, s.batch, s.hidden};
    const iou_dim last_batch_first[] = {s.batch, s.directions, s.hidden};
    for (int i = 0; i < infer->node->output_count; i++) {
        iou_fact *out = &infer->out[i];
        out->type = infer->in[X]->type;
        out->rank = i == Y ? 4 : 3;
        const iou_dim *dims = i == Y ? (a->batch_first ? all_batch_first : all)
                                     : (a->batch_first ? last_batch_first : last);
        memcpy(out->dims, dims, sizeof(iou_dim) * (size_t)out->rank);
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

static double *take(double **memory, size_t count) {
    double *taken = *memory;
    *memory += count;
    return taken;
}

static size_t scratch_numbers(const iou_cell *cell, size_t hidden, size_t features) {
    /* two of inputs and recurrences, two of biases, three peepholes, state, memory and room */
    const size_t rows = iou_size_times((size_t)cell->gates * 4 + 6, hidden);
    return rows > SIZE_MAX / 16 - features ? SIZE_MAX : rows + features;
}

/* Numbers of a direction, widened; zeros where the input is absent. */
static void load(const recurrent_params *p, const iou_call *call, int input, size_t at, size_t n,
                 double *to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = p->has[input] ? iou_real_load(p->type, call->in[input], at + i) : 0.0;
    }
}

static void store(const recurrent_params *p, const iou_call *call, int output, size_t at,
                  const double *from) {
    for (size_t i = 0; i < p->hidden && p->makes[output]; i++) {
        iou_real_store(p->type, call->out[output], at + i, from[i]);
    }
}

typedef struct line { /* one of the batch, in one direction */
    size_t batch, direction;
    bool reverse;
} line;

/* Where its numbers are in initial and last states. */
static size_t state_at(const recurrent_params *p, const line *l) {
    const size_t directions = (size_t)p->how->directions;
    return (p->how->batch_first ? l->batch * directions + l->direction
                                : l->direction * p->batch + l->batch) *
           p->hidden;
}

static size_t output_at(const recurrent_params *p, const line *l, size_t time) {
    const size_t directions = (size_t)p->how->directions;
    return (p->how->batch_first ? (l->batch * p->time + time) * directions + l->direction
                                : (time * directions + l->direction) * p->batch + l->batch) *
           p->hidden;
}

static void step_once(const recurrent_params *p, const iou_call *call, const line *l, size_t time,
                      const iou_cell_step *step, const double *bias, double *x) {
    const size_t rows = (size_t)p->cell->gates * p->hidden;
    const size_t at = p->how->batch_first ? l->batch * p->time + time : time * p->batch + l->batch;
    for (size_t k = 0; k < p->features; k++) {
        x[k] = iou_real_load(p->type, call->in[X], at * p->features + k);
    }
    for (size_t row = 0; row < rows; row++) {
        const size_t w = (l->direction * rows + row) * p->features;
        double sum = bias[row];
        for (size_t k = 0; k < p->features; k++) {
            sum += iou_real_load(p->type, call->in[W], w + k) * x[k];
        }
        step->input[row] = sum;
        step->recurrence[row] = iou_cell_product(step, row, step->state) + bias[rows + row];
    }
    p->cell->step(step);
}

static iou_status length_of(const recurrent_params *p, const iou_call *call, size_t batch,
                            size_t *length) {
    *length = p->time;
    if (!p->has[LENGTHS]) {
        return IOU_OK;
    }
    const int64_t given = iou_read_int(IOU_INT32, call->in[LENGTHS], batch);
    IOU_FAIL_IF(given < 0 || (uint64_t)given > p->time, IOU_BAD_DATA, call->error,
                "sequence_lens %zu: expected 0 … %zu, found %lld", batch, p->time,
                (long long)given);
    *length = (size_t)given;
    return IOU_OK;
}

static iou_status recurrent_run(const iou_call *call, size_t task) {
    const recurrent_params *p = call->params;
    const size_t rows = (size_t)p->cell->gates * p->hidden;
    const line l = {.batch = task % p->batch,
                    .direction = task / p->batch,
                    .reverse = p->how->direction == REVERSE || task >= p->batch};
    double *memory = call->scratch;
    double *bias = take(&memory, 2 * rows), *peepholes = take(&memory, 3 * p->hidden);
    const iou_cell_step step = {.how = p->how,
                                .activations =
                                    p->how->activations + l.direction * (size_t)p->cell->functions,
                                .type = p->type,
                                .hidden = p->hidden,
                                .r = call->in[R],
                                .r_at = l.direction * rows * p->hidden,
                                .peepholes = peepholes,
                                .input = take(&memory, rows),
                                .recurrence = take(&memory, rows),
                                .recurrence_bias = bias + rows,
                                .state = take(&memory, p->hidden),
                                .memory = take(&memory, p->hidden),
                                .spare = take(&memory, p->hidden)};
    size_t length;
    IOU_TRY(length_of(p, call, l.batch, &length));
    load(p, call, BIAS, l.direction * 2 * rows, 2 * rows, bias);
    load(p, call, PEEPHOLES, l.direction * 3 * p->hidden, 3 * p->hidden, peepholes);
    load(p, call, STATE, state_at(p, &l), p->hidden, step.state);
    load(p, call, MEMORY, state_at(p, &l), p->hidden, step.memory);
    for (size_t t = 0; t < length; t++) {
        const size_t time = l.reverse ? length - 1 - t : t;
        step_once(p, call, &l, time, &step, bias, memory);
        store(p, call, Y, output_at(p, &l, time), step.state);
    }
    store(p, call, LAST_STATE, state_at(p, &l), step.state);
    store(p, call, LAST_MEMORY, state_at(p, &l), step.memory);
    memset(step.spare, 0, p->hidden * sizeof *step.spare);
    for (size_t time = length; time < p->time; time++) {
        store(p, call, Y, output_at(p, &l, time), step.spare);
    }
    return IOU_OK;
}

static iou_status recurrent_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[X];
    recurrent_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->cell = cell_of(node);
    p->how = node->attributes;
    p->type = x->type;
    p->time = (size_t)x->dims[p->how->batch_first ? 1 : 0];
    p->batch = (size_t)x->dims[p->how->batch_first ? 0 : 1];
    p->features = (size_t)x->dims[2];
    p->hidden = (size_t)prepare->in[R]->dims[2];
    for (int i = 0; i < INPUTS; i++) {
        p->has[i] = iou_operand_in(prepare, i) != NULL;
    }
    (void)iou_prepare_outputs(prepare, p->makes);
    const size_t numbers = scratch_numbers(p->cell, p->hidden, p->features);
    if (numbers == SIZE_MAX) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "a state of %zu numbers is too large",
                                p->hidden);
    }
    const size_t tasks = (size_t)p->how->directions * p->batch;
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : recurrent_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .scratch_size = numbers * sizeof(double),
                                .algorithm = "steps",
                                .isa = "scalar"};
    return IOU_OK;
}

#define RECURRENT_OP(type, symbol)                                                                 \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .attributes_size = sizeof(iou_recurrent_attributes),           \
                                    .parse = recurrent_parse,                                      \
                                    .infer = recurrent_infer,                                      \
                                    .prepare = recurrent_prepare};

RECURRENT_OP("RNN", rnn)
RECURRENT_OP("GRU", gru)
RECURRENT_OP("LSTM", lstm)

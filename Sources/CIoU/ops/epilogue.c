#include "ops/epilogue.h"

#include "core/clamp.h"
#include "core/sizes.h"
#include "ops/elementwise/unary_kernels.h"
#include "ops/facts.h"

#include <math.h>
#include <string.h>

/* ---- What a node is in a list -------------------------------------------------------------- */

static iou_status no_memory(const iou_epilogue_query *query) {
    return iou_fail(query->error, IOU_OUT_OF_MEMORY, "node '%s' (%s): no memory", query->node->name,
                    query->node->op_type);
}

/** Whether a constant of several elements has them along the channels of the output. */
static bool runs_along_channels(const iou_epilogue_query *query, const iou_fact *constant) {
    const iou_fact *out = &query->facts[query->node->outputs[0]];
    const int axis = query->channel_axis - (out->rank - constant->rank); /* of the constant */
    bool along = query->channel_axis >= 0 && axis >= 0 && constant->rank <= out->rank;
    for (int i = 0; along && i < constant->rank; i++) {
        const int64_t expected = i == axis ? out->dims[query->channel_axis].value : 1;
        along = constant->dims[i].value == expected;
    }
    return along;
}

iou_status iou_epilogue_constant(const iou_epilogue_query *query, int input, const float **values,
                                 bool *uniform, bool *found) {
    const int value = query->node->inputs[input];
    const iou_fact *fact = value >= 0 ? &query->facts[value] : NULL;
    const iou_fact *out = &query->facts[query->node->outputs[0]];
    size_t count;
    *found = fact != NULL && fact->data != NULL && fact->type == IOU_FLOAT &&
             iou_fact_count(fact, &count) && fact->rank <= out->rank &&
             (count == 1 || runs_along_channels(query, fact));
    if (!*found) {
        return IOU_OK;
    }
    *uniform = count == 1;
    float *copy = iou_arena_alloc(query->memory, fact->data_size + 1);
    if (copy == NULL) {
        return no_memory(query);
    }
    memcpy(copy, fact->data, fact->data_size);
    *values = copy;
    return IOU_OK;
}

bool iou_epilogue_operand(const iou_epilogue_query *query, iou_epilogue_kind kind,
                          iou_epilogue_step *step) {
    const iou_node *node = query->node;
    const int other = node->inputs[1 - query->entry];
    if (query->facts[other].data != NULL ||
        !iou_fact_same_shape(&query->facts[other], &query->facts[node->outputs[0]])) {
        return false;
    }
    *step = (iou_epilogue_step){.kind = kind, .value = other};
    return true;
}

/* ---- Lists --------------------------------------------------------------------------------- */

/* Bit by bit, since one may be NaN. */
static bool same_float(float one, float other) {
    return memcmp(&one, &other, sizeof one) == 0;
}

/* Whether the step is the same wherever it is. */
static bool is_plain(const iou_epilogue_step *step) {
    return step->kind == IOU_EPILOGUE_CLAMP || step->kind == IOU_EPILOGUE_FUNCTION ||
           step->kind == IOU_EPILOGUE_SAVE || step->kind == IOU_EPILOGUE_GATE;
}

static bool same_step(const iou_epilogue_step *one, const iou_epilogue_step *other) {
    if (one->kind != other->kind || !is_plain(one)) {
        return false;
    }
    switch (one->kind) {
    case IOU_EPILOGUE_CLAMP:
        return same_float(one->lo, other->lo) && same_float(one->hi, other->hi);
    case IOU_EPILOGUE_FUNCTION:
        return one->function.apply == other->function.apply &&
               same_float(one->params->alpha, other->params->alpha) &&
               same_float(one->params->beta, other->params->beta);
    default: return true;
    }
}

bool iou_epilogue_has_operand(const iou_epilogue_step *step) {
    return step->kind == IOU_EPILOGUE_ADD || step->kind == IOU_EPILOGUE_MULTIPLY;
}

int iou_epilogue_operands(const iou_epilogue *epilogue) {
    int count = 0;
    for (size_t i = 0; i < epilogue->count; i++) {
        count += iou_epilogue_has_operand(&epilogue->steps[i]);
    }
    return count;
}

bool iou_epilogue_is_plain(const iou_epilogue *epilogue) {
    bool plain = true;
    for (size_t i = 0; i < epilogue->count; i++) {
        plain = plain && is_plain(&epilogue->steps[i]);
    }
    return plain;
}

bool iou_epilogue_equal(const iou_epilogue *one, const iou_epilogue *other) {
    bool equal = one->count == other->count;
    for (size_t i = 0; equal && i < one->count; i++) {
        equal = same_step(&one->steps[i], &other->steps[i]);
    }
    return equal;
}

iou_epilogue_start iou_epilogue_split(const iou_epilogue *epilogue, bool scales) {
    iou_epilogue_start start = {.lo = -INFINITY, .hi = INFINITY};
    const iou_epilogue_step *step = epilogue->steps, *end = step + epilogue->count;
    if (step < end && scales && step->kind == IOU_EPILOGUE_SCALE && !step->uniform) {
        start.scale = step->scale;
        start.shift = step->shift;
        start.joined = step->joined;
        step++;
    }
    if (step < end && step->kind == IOU_EPILOGUE_ADD) {
        start.add = step++;
    }
    if (step < end && step->kind == IOU_EPILOGUE_CLAMP) {
        start.lo = step->lo;
        start.hi = step->hi;
        step++;
    }
    start.accepted = (size_t)(step - epilogue->steps);
    return start;
}

iou_tail iou_epilogue_tail(const iou_epilogue *epilogue, size_t from, iou_isa isa) {
    return (iou_tail){epilogue->steps + from, epilogue->count - from, iou_epilogue_choose(isa)};
}

/* Whether dense rows of all channels may be taken as one row, of as many elements as scales are
 * repeated for. */
static bool is_repeated(const iou_tail *tail) {
    bool repeated = true;
    for (size_t i = 0; i < tail->count; i++) {
        const iou_epilogue_step *step = &tail->steps[i];
        const bool scales = step->kind == IOU_EPILOGUE_SCALE || step->kind == IOU_EPILOGUE_SLOPE;
        repeated = repeated && (!scales || step->uniform || step->repeated) &&
                   (step->operand == NULL || step->operand->pitch == 0);
    }
    return repeated;
}

bool iou_tail_is_by_row(const iou_tail *tail) {
    bool found = false;
    for (size_t i = 0; i < tail->count; i++) {
        const iou_epilogue_step *step = &tail->steps[i];
        const bool scales = step->kind == IOU_EPILOGUE_SCALE || step->kind == IOU_EPILOGUE_SLOPE;
        found = found || (scales && !step->uniform) ||
                (step->operand != NULL && step->operand->pitch > 0);
    }
    return found;
}

/* ---- Stored values ------------------------------------------------------------------------- */

enum { BLOCK = IOU_EPILOGUE_BLOCK };

/* At most BLOCK values. */
typedef struct tail_block {
    iou_value_rows x;
    size_t at, channel; /* as in iou_tail_values */
} tail_block;

/* A list at work on some values. */
typedef struct tail_work {
    const iou_tail *tail;
    const void *const *in;
    const iou_tail_values *of;
    size_t width; /* of a dense row */
    float *saved; /* BLOCK of them */
} tail_work;

typedef void (*combine)(const iou_value_rows *x, const float *b, size_t stride);

/* Combines a block with the operand's values beside it. */
static void with_operand(const tail_work *w, const iou_epilogue_step *step, const tail_block *block,
                         combine loop) {
    const float *operand = w->in[step->input];
    const size_t width = w->of->width, at = block->at;
    if (width > 0 && step->operand->pitch > 0) {
        const size_t pitch = (size_t)step->operand->pitch;
        loop(&block->x, operand + at / width * pitch + at % width, pitch);
    } else {
        loop(&block->x, operand + at, w->width);
    }
}

static void apply_function(const iou_epilogue_step *step, const iou_value_rows *x) {
    if (step->function.rows != NULL) {
        step->function.rows(x, step->params);
        return;
    }
    for (size_t row = 0; row < x->rows; row++) {
        float *values = x->values + row * x->stride;
        step->function.apply(values, values, x->columns, step->params);
    }
}

static void save(const iou_value_rows *x, float *saved) {
    for (size_t row = 0; row < x->rows; row++) {
        memcpy(saved + row * x->columns, x->values + row * x->stride, x->columns * sizeof *saved);
    }
}

static void apply(const tail_work *w, const iou_epilogue_step *step, const tail_block *block) {
    const iou_epilogue_kernels *kernels = w->tail->kernels;
    const size_t channel = step->uniform ? 0 : block->channel;
    const iou_value_rows *x = &block->x;
    switch (step->kind) {
    case IOU_EPILOGUE_SCALE:
        kernels->scale(x, step->scale + channel, step->shift + channel, step->uniform);
        break;
    case IOU_EPILOGUE_SLOPE: kernels->slope(x, step->scale + channel, step->uniform); break;
    case IOU_EPILOGUE_ADD: with_operand(w, step, block, kernels->add); break;
    case IOU_EPILOGUE_MULTIPLY: with_operand(w, step, block, kernels->multiply); break;
    case IOU_EPILOGUE_CLAMP: kernels->clamp(x, step->lo, step->hi); break;
    case IOU_EPILOGUE_FUNCTION: apply_function(step, x); break;
    case IOU_EPILOGUE_SAVE: save(x, w->saved); break;
    case IOU_EPILOGUE_GATE: kernels->multiply(x, w->saved, x->columns); break;
    }
}

/* Block by block: some rows, or a part of one. */
static void run_blocks(const tail_work *w, size_t rows, size_t columns) {
    const iou_tail_values *v = w->of;
    const size_t most = columns < BLOCK ? BLOCK / columns : 1;
    for (size_t row = 0; row < rows; row += most) {
        for (size_t at = 0; at < columns; at += BLOCK) {
            const tail_block block = {.x = {v->values + row * v->stride + at, v->stride,
                                            iou_size_min(rows - row, most),
                                            iou_size_min(columns - at, BLOCK)},
                                      .at = v->at + row * w->width + at,
                                      .channel = v->channel + at};
            for (size_t i = 0; i < w->tail->count; i++) {
                apply(w, &w->tail->steps[i], &block);
            }
        }
    }
}

/* As many whole rows as make a block are one row. */
static void run_repeated(const tail_work *w) {
    const iou_tail_values *v = w->of;
    const size_t most = BLOCK / v->columns;
    for (size_t row = 0; row < v->rows; row += most) {
        const size_t count = iou_size_min(most, v->rows - row) * v->columns;
        const tail_block block = {.x = {v->values + row * v->columns, count, 1, count},
                                  .at = v->at + row * v->columns};
        for (size_t i = 0; i < w->tail->count; i++) {
            apply(w, &w->tail->steps[i], &block);
        }
    }
}

void iou_tail_run(const iou_tail *tail, const void *const *in, const iou_tail_values *values) {
    if (tail->count == 0 || values->columns == 0) {
        return;
    }
    float saved[BLOCK];
    const size_t width = values->width > 0 ? values->width : values->stride;
    const tail_work work = {tail, in, values, width, saved};
    const bool dense = values->columns == values->stride && values->columns == width;
    if (dense && !iou_tail_is_by_row(tail)) { /* one long row */
        run_blocks(&work, 1, values->columns * values->rows);
    } else if (dense && values->channel == 0 && is_repeated(tail)) {
        run_repeated(&work);
    } else {
        run_blocks(&work, values->rows, values->columns);
    }
}

void iou_tail_flat(const iou_tail *tail, const iou_call *call, size_t begin, size_t end) {
    const size_t count = end - begin;
    if (tail->count == 0) { /* also where the output is not of floats */
        return;
    }
    iou_tail_run(tail, call->in,
                 &(iou_tail_values){.values = (float *)call->out[0] + begin,
                                    .at = begin,
                                    .rows = 1,
                                    .columns = count,
                                    .stride = count});
}

/* ---- The definition ------------------------------------------------------------------------ */

double iou_epilogue_scalar(const iou_epilogue *epilogue, double x, size_t channel,
                           const double *operands) {
    double saved = 0;
    for (size_t i = 0; i < epilogue->count; i++) {
        const iou_epilogue_step *step = &epilogue->steps[i];
        const size_t c = step->uniform ? 0 : channel;
        switch (step->kind) {
        case IOU_EPILOGUE_SCALE: x = x * (double)step->scale[c] + (double)step->shift[c]; break;
        case IOU_EPILOGUE_SLOPE: x = x < 0 ? x * (double)step->scale[c] : x; break;
        case IOU_EPILOGUE_ADD: x += *operands++; break;
        case IOU_EPILOGUE_MULTIPLY: x *= *operands++; break;
        case IOU_EPILOGUE_CLAMP: x = iou_clamp_f64(x, (double)step->lo, (double)step->hi); break;
        case IOU_EPILOGUE_FUNCTION: step->function.definition(&x, &x, 1, step->params); break;
        case IOU_EPILOGUE_SAVE: saved = x; break;
        case IOU_EPILOGUE_GATE: x *= saved; break;
        }
    }
    return x;
}

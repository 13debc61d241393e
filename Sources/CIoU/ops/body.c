/* What operators that run a graph many times infer and prepare. */
#include "ops/body.h"

#include "ops/facts.h"

int iou_body_axis_of(const iou_body_axis *axes, int index, int rank) {
    const int64_t axis = axes ? axes[index].axis : 0;
    return axis < -rank || axis >= rank ? -1 : (int)(axis < 0 ? axis + rank : axis);
}

/* ---- Into the graph ------------------------------------------------------------------------ */

static iou_fact one_element(iou_type type, int rank) {
    return (iou_fact){.type = type, .rank = rank, .dims = {iou_dim_number(1)}, .element_count = -1};
}

static iou_fact nothing(void) {
    return (iou_fact){.rank = -1, .element_count = -1};
}

static iou_fact state_fact(const iou_body *body, const iou_fact *in, iou_body_keeps keeps) {
    const int first = (int)body->batched;
    iou_fact fact = nothing();
    fact.type = in->type;
    if (iou_type_is_composite(in->type)) {
        fact.rank = 0;
        return fact;
    }
    if (keeps == IOU_KEEPS_TYPES || in->rank < first) {
        return fact;
    }
    fact.rank = in->rank - first;
    for (int d = 0; d < fact.rank; d++) {
        fact.dims[d] = keeps == IOU_KEEPS_SHAPES ? in->dims[first + d] : iou_dim_unknown();
    }
    return fact;
}

/** What a mapped body gets: an element of a sequence, or a tensor whole. */
static iou_fact element_fact(const iou_fact *in) {
    iou_fact fact = nothing();
    fact.type = iou_type_element(in->type);
    return iou_type_is_composite(in->type) ? fact : *in;
}

/** A slice: without the axis of the sequence, and that of the batches. */
static iou_fact slice_fact(const iou_body *body, const iou_fact *in, int index) {
    iou_fact fact = nothing();
    const int first = (int)body->batched;
    const int axis =
        in->rank < first ? -1 : iou_body_axis_of(body->scanned_axes, index, in->rank - first);
    fact.type = in->type;
    if (axis >= 0) {
        fact.rank = 0;
        for (int d = first; d < in->rank; d++) {
            if (d - first != axis) {
                fact.dims[fact.rank++] = in->dims[d];
            }
        }
    }
    return fact;
}

void iou_body_enter(const iou_node *node, const iou_fact *const *in, iou_body_keeps keeps,
                    iou_fact *inputs) {
    const iou_body *body = node->body;
    if (body->counted) {
        inputs[0] = one_element(IOU_INT64, body->number_rank);
        inputs[1] = one_element(IOU_BOOL, body->condition_rank);
    }
    iou_fact *states = inputs + iou_body_state_input(body);
    for (int i = 0; i < body->states; i++) {
        const iou_fact *from = in[body->first_state + i];
        states[i] = from ? state_fact(body, from, keeps) : nothing();
    }
    for (int i = 0; i < body->scanned; i++) {
        const iou_fact *from = in[iou_body_first_scanned(body) + i];
        states[body->states + i] = !from          ? nothing()
                                   : body->mapped ? element_fact(from)
                                                  : slice_fact(body, from, i);
    }
    for (int i = 0; i < body->outer_count; i++) {
        inputs[body->input_count + i] = *in[body->own_inputs + i];
    }
}

/* ---- Out of the graph ---------------------------------------------------------------------- */

static iou_status check_single(const iou_infer *infer, int input, iou_type type, const char *what) {
    const iou_fact *fact = iou_fact_in(infer, input);
    size_t count;
    if (fact && fact->type != IOU_TYPE_UNDEFINED && fact->type != type) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected %s, found %s", what,
                              iou_type_name(type), iou_type_name(fact->type));
    }
    if (fact && iou_fact_count(fact, &count) && count != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s: expected one element, found %zu", what,
                              count);
    }
    return IOU_OK;
}

/** Checks what decides how often the graph runs. */
static iou_status check_counted(const iou_infer *infer) {
    const iou_fact *next = &infer->node->body->results[0];
    IOU_TRY(check_single(infer, 0, IOU_INT64, "the trip count"));
    IOU_TRY(check_single(infer, 1, IOU_BOOL, "the condition"));
    if (next->type != IOU_TYPE_UNDEFINED && next->type != IOU_BOOL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "the condition that the body computes: expected bool, found %s",
                              iou_type_name(next->type));
    }
    return IOU_OK;
}

/** The dims that a state has before the first and after every iteration. */
static iou_status infer_state(const iou_infer *infer, int index) {
    const iou_body *body = infer->node->body;
    const iou_fact *in = iou_fact_in(infer, body->first_state + index);
    const iou_fact *result = &body->results[iou_body_state_output(body) + index];
    if (in->type != IOU_TYPE_UNDEFINED && result->type != IOU_TYPE_UNDEFINED &&
        !iou_type_serves(result->type, in->type)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "state %d is %s, the body makes %s of it",
                              index, iou_type_name(in->type), iou_type_name(result->type));
    }
    if (index >= infer->node->output_count) {
        return IOU_OK;
    }
    iou_fact *out = &infer->out[index];
    const int first = (int)body->batched;
    /* Of an optional sequence, the body may make one that is there. */
    out->type = result->type == IOU_TYPE_UNDEFINED ? in->type : result->type;
    out->rank = result->rank >= 0 && in->rank == result->rank + first ? in->rank : -1;
    for (int d = 0; d < out->rank; d++) {
        const bool same = d < first || iou_dim_equal(in->dims[d], result->dims[d - first]);
        out->dims[d] = same ? in->dims[d] : iou_fact_new_symbol(infer, index * IOU_MAX_RANK + d);
    }
    return IOU_OK;
}

/** Compares the lengths of what is scanned; `*length` is theirs, as far as it is known. */
static iou_status check_scanned(const iou_infer *infer, iou_dim *length) {
    const iou_body *body = infer->node->body;
    const int first = (int)body->batched;
    for (int i = 0; i < body->scanned; i++) {
        const iou_fact *in = iou_fact_in(infer, iou_body_first_scanned(body) + i);
        if (in->rank < 0) {
            continue;
        }
        const int axis =
            in->rank < first ? -1 : iou_body_axis_of(body->scanned_axes, i, in->rank - first);
        if (axis < 0) {
            return iou_infer_fail(
                infer, IOU_BAD_MODEL, "scanned input %d has no axis %lld, its rank is %d", i,
                (long long)(body->scanned_axes ? body->scanned_axes[i].axis : 0), in->rank);
        }
        const iou_dim dim = in->dims[first + axis];
        if (dim.known && length->known && dim.value != length->value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "scanned input %d: expected the length %lld of those before, "
                                  "found %lld",
                                  i, (long long)length->value, (long long)dim.value);
        }
        *length = length->known ? *length : dim;
    }
    return IOU_OK;
}

/** Checks that what decides how often the graph runs is a sequence, and that no input is an
 * optional. */
static iou_status check_mapped(const iou_infer *infer) {
    for (int i = 0; i < infer->node->body->scanned; i++) {
        const iou_type type = infer->in[i]->type, element = iou_type_element(type);
        const bool fits = type == iou_type_sequence(element) || (i > 0 && type == element);
        if (type != IOU_TYPE_UNDEFINED && !fits) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected a sequence, found %s",
                                  i, iou_type_name(type));
        }
    }
    return IOU_OK;
}

/** The sequence of what an output of a mapped body is in every iteration. */
static void infer_mapped(const iou_infer *infer, int index) {
    const iou_type row = infer->node->body->results[index].type;
    infer->out[index].type = row == IOU_TYPE_UNDEFINED ? row : iou_type_sequence(row);
}

static iou_status infer_collected(const iou_infer *infer, int index, iou_dim length) {
    const iou_body *body = infer->node->body;
    const iou_fact *row = &body->results[iou_body_state_output(body) + body->states + index];
    iou_fact *out = &infer->out[body->states + index];
    const int first = (int)body->batched;
    out->type = row->type;
    if (iou_type_is_composite(row->type)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "output %d: expected rows that are tensors, found %s",
                              body->states + index, iou_type_name(row->type));
    }
    if (body->mapped) {
        infer_mapped(infer, index);
        return IOU_OK;
    }
    if (row->rank < 0) {
        return IOU_OK;
    }
    const int axis = iou_body_axis_of(body->collected_axes, index, row->rank + 1);
    if (axis < 0 || row->rank + 1 + first > IOU_MAX_RANK) {
        return iou_infer_fail(infer, axis < 0 ? IOU_BAD_MODEL : IOU_UNSUPPORTED,
                              "output %d of rank %d cannot be put together along its axis", index,
                              row->rank + 1 + first);
    }
    out->rank = row->rank + 1 + first;
    const int base = (body->states + index) * IOU_MAX_RANK;
    out->dims[0] = iou_fact_new_symbol(infer, base); /* of batches */
    for (int d = 0, from = 0; d <= row->rank; d++) {
        const bool known = length.known || length.symbol;
        const iou_dim count =
            body->counted || !known ? iou_fact_new_symbol(infer, base + first + axis) : length;
        out->dims[first + d] = d == axis ? count : row->dims[from++];
    }
    return IOU_OK;
}

iou_status iou_body_infer(const iou_infer *infer) {
    const iou_body *body = infer->node->body;
    iou_dim length = iou_dim_unknown();
    if (body->counted) {
        IOU_TRY(check_counted(infer));
    }
    if (body->batched) {
        const iou_fact *lengths = iou_fact_in(infer, 0);
        if (lengths && lengths->type != IOU_TYPE_UNDEFINED && lengths->type != IOU_INT64) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "the lengths of the sequences: expected int64, found %s",
                                  iou_type_name(lengths->type));
        }
    }
    IOU_TRY(body->mapped ? check_mapped(infer) : check_scanned(infer, &length));
    for (int i = 0; i < body->states; i++) {
        IOU_TRY(infer_state(infer, i));
    }
    for (int i = 0; body->states + i < infer->node->output_count; i++) {
        IOU_TRY(infer_collected(infer, i, length));
    }
    return IOU_OK;
}

/* ---- Steps --------------------------------------------------------------------------------- */

iou_status iou_body_prepare(const iou_prepare *prepare) {
    iou_body_step *params = iou_prepare_alloc(prepare, sizeof *params);
    if (!params) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *params = (iou_body_step){prepare->node->body, prepare->in, prepare->out};
    for (int i = 0; i < prepare->node->output_count; i++) {
        if (prepare->node->outputs[i] >= 0 && prepare->out[i].type == IOU_TYPE_UNDEFINED) {
            return iou_prepare_fail(prepare, IOU_UNSUPPORTED,
                                    "the element type of output %d is not known before the run", i);
        }
    }
    prepare->step->run = iou_run_nothing;
    prepare->step->params = params;
    prepare->step->algorithm = "body";
    return IOU_OK;
}

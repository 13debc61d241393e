/* Transpose: any permutation of the dimensions. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

static iou_status transpose_parse(const iou_parse *parse) {
    iou_ints_from_attribute(parse->attributes, parse->node, "perm");
    return IOU_OK;
}

/* The permutation, by default the reverse; false: it is none. */
static bool read_perm(const iou_ints *given, int rank, int perm[IOU_MAX_RANK]) {
    bool seen[IOU_MAX_RANK] = {false};
    if (given->state != IOU_INTS_ABSENT && given->count != rank) {
        return false;
    }
    for (int i = 0; i < rank; i++) {
        const int64_t axis = given->state == IOU_INTS_ABSENT ? rank - 1 - i : given->values[i];
        if (axis < 0 || axis >= rank || seen[axis]) {
            return false;
        }
        seen[axis] = true;
        perm[i] = (int)axis;
    }
    return true;
}

static iou_status transpose_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    int perm[IOU_MAX_RANK];
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (!read_perm(infer->node->attributes, x->rank, perm)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "perm must be a permutation of 0…%d",
                              x->rank - 1);
    }
    out->rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        out->dims[i] = x->dims[perm[i]];
    }
    if (x->rank < 2) {
        iou_fact_same_value(out, x);
    }
    return IOU_OK;
}

static iou_status transpose_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    int perm[IOU_MAX_RANK];
    int64_t strides[IOU_MAX_RANK];
    (void)read_perm(prepare->node->attributes, x->rank, perm);
    iou_memory_strides(x, strides);
    iou_iterator iterator = {.rank = x->rank, .operands = 1};
    for (int i = 0; i < x->rank; i++) {
        iterator.dims[i] = x->dims[perm[i]];
        iterator.strides[0][i] = strides[perm[i]];
    }
    iou_iterator_finish(&iterator);
    return iou_prepare_gather(prepare, &iterator, 0, 0);
}

/* Whether it exchanges the last two dimensions alone. */
static bool swaps(const iou_fact *in, const iou_ints *given) {
    const int r = in->rank;
    bool same = r >= 2 && (given->count == r || (r == 2 && given->state == IOU_INTS_ABSENT));
    for (int i = 0; same && i < given->count; i++) {
        same = given->values[i] == (i == r - 1 ? r - 2 : i == r - 2 ? r - 1 : i);
    }
    return same;
}

/* Whether it only renames where the channels or the rows of matrices stand. */
static iou_view transpose_view(const iou_node *node, const iou_fact *facts) {
    const iou_fact *in = &facts[node->inputs[0]];
    const iou_ints *given = node->attributes;
    const int64_t *perm = given->values;
    if (swaps(in, given) && in->data == NULL) {
        return IOU_VIEW_SWAPPED;
    }
    if (!iou_fact_is_spatial(in) || given->count != in->rank || perm[0] != 0) {
        return IOU_VIEW_NONE;
    }
    const int r = in->rank;
    bool to_last = true, to_first = true;
    for (int i = 1; i < r; i++) {
        to_last = to_last && perm[i] == (i == r - 1 ? 1 : i + 1);
        to_first = to_first && perm[i] == (i == 1 ? r - 1 : i - 1);
    }
    return to_last ? IOU_VIEW_LAST_TO_PLAIN : to_first ? IOU_VIEW_PLAIN_TO_LAST : IOU_VIEW_NONE;
}

/* Bytes in the place of floats are moved as well. */
static bool transpose_moves(const iou_node *node) {
    (void)node;
    return true;
}

const iou_op iou_op_transpose = {.name = "Transpose",
                                 .layout = IOU_LAYOUT_READS,
                                 .attributes_size = sizeof(iou_ints),
                                 .parse = transpose_parse,
                                 .infer = transpose_infer,
                                 .prepare = transpose_prepare,
                                 .view = transpose_view,
                                 .accepts = IOU_ACCEPTS_STRINGS,
                                 .moves = transpose_moves};

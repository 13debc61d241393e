/*
 * Reshape, Flatten, Squeeze, Unsqueeze and Identity: the same bytes in another shape.
 * The planner aliases them where it can; where it cannot, they are copied.
 */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

/* ---- Reshape ------------------------------------------------------------------------------- */

typedef struct reshape_attributes {
    bool allowzero;
    iou_ints shape; /* before opset 5 */
} reshape_attributes;

static iou_status reshape_parse(const iou_parse *parse) {
    reshape_attributes *a = parse->attributes;
    a->allowzero = iou_attribute_int(parse->node, "allowzero", 0) != 0;
    iou_ints_from_attribute(&a->shape, parse->node, "shape");
    return IOU_OK;
}

/* Reports a product of numbers that int64 cannot hold. */
static iou_status checked_product(const iou_infer *infer, const iou_dim *dims, int rank, int skip,
                                  int64_t *product) {
    *product = 1;
    for (int i = 0; i < rank; i++) {
        if (i != skip && __builtin_mul_overflow(*product, dims[i].value, product)) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "the shape's product overflows");
        }
    }
    return IOU_OK;
}

static bool all_known(const iou_dim *dims, int rank, int skip) {
    for (int i = 0; i < rank; i++) {
        if (i != skip && !dims[i].known) {
            return false;
        }
    }
    return true;
}

/* The dimension that -1 stands for where symbols take part: equal factors cancel. */
static iou_dim cancelled(const iou_infer *infer, const iou_fact *x, const iou_fact *out, int at) {
    bool used[IOU_MAX_RANK] = {false};
    iou_dim below = iou_dim_number(1), above = iou_dim_number(1);
    for (int i = 0; i < out->rank; i++) {
        int match = -1;
        for (int k = 0; k < x->rank && i != at; k++) {
            match = !used[k] && iou_dim_equal(x->dims[k], out->dims[i]) ? k : match;
        }
        if (match >= 0) {
            used[match] = true;
        } else if (i != at) {
            below = iou_infer_mul(infer, below, out->dims[i]);
        }
    }
    iou_dim factor = iou_dim_number(1); /* the numbers above, kept apart from the symbols */
    for (int k = 0; k < x->rank; k++) {
        iou_dim *side = x->dims[k].known ? &factor : &above;
        *side = used[k] ? *side : iou_infer_mul(infer, *side, x->dims[k]);
    }
    if (below.known && below.value > 0 && factor.known && factor.value % below.value == 0) {
        factor = iou_dim_number(factor.value / below.value);
        below = iou_dim_number(1);
    }
    above = iou_infer_mul(infer, factor, above);
    if (below.known && below.value > 0 && (above.known || above.symbol != NULL)) {
        return iou_infer_floor_div(infer, above, below.value);
    }
    return iou_fact_new_symbol(infer, at);
}

static iou_status fit_shape(const iou_infer *infer, iou_fact *out, int open) {
    const iou_fact *x = infer->in[0];
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (!all_known(x->dims, x->rank, -1) || !all_known(out->dims, out->rank, open)) {
        if (open >= 0) {
            out->dims[open] = cancelled(infer, x, out, open);
        }
        return IOU_OK;
    }
    int64_t have, want;
    IOU_TRY(checked_product(infer, x->dims, x->rank, -1, &have));
    IOU_TRY(checked_product(infer, out->dims, out->rank, open, &want));
    if (open >= 0 ? want == 0 || have % want != 0 : have != want) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "input has %lld elements, the shape needs %s%lld", (long long)have,
                              open >= 0 ? "a multiple of " : "", (long long)want);
    }
    if (open >= 0) {
        out->dims[open] = iou_dim_number(have / want);
    }
    return IOU_OK;
}

/* Fills out->dims[i] from an element of the shape; `open` receives the position of -1. */
static iou_status shape_element(const iou_infer *infer, iou_fact *out, int i, iou_dim requested,
                                int *open) {
    const iou_fact *x = infer->in[0];
    const reshape_attributes *a = infer->node->attributes;
    const bool keeps = requested.known && requested.value == 0 && !a->allowzero;
    out->dims[i] = requested;
    if (keeps) {
        if (x->rank >= 0 && i >= x->rank) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "the shape's 0 at %d has no dimension of the input", i);
        }
        out->dims[i] = x->rank >= 0 ? x->dims[i] : iou_dim_unknown();
    } else if (requested.known && requested.value == -1) {
        if (*open >= 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "the shape has more than one -1");
        }
        *open = i;
        out->dims[i] = iou_dim_unknown();
    } else if (requested.known && requested.value < 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "the shape has %lld at %d",
                              (long long)requested.value, i);
    }
    return IOU_OK;
}

static iou_status reshape_attribute(const iou_infer *infer, iou_fact *out, int *open) {
    const iou_ints *shape = &((const reshape_attributes *)infer->node->attributes)->shape;
    if (shape->count > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              shape->count);
    }
    out->rank = shape->count;
    for (int i = 0; i < shape->count; i++) {
        IOU_TRY(shape_element(infer, out, i, iou_dim_number(shape->values[i]), open));
    }
    return IOU_OK;
}

static iou_status reshape_input(const iou_infer *infer, iou_fact *out, int *open) {
    const iou_fact *shape = infer->in[1];
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    if (shape->rank >= 0 && shape->rank != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "shape must be a vector, its rank is %d",
                              shape->rank);
    }
    const int count = iou_fact_value_count(shape);
    const bool sized = shape->rank == 1 && shape->dims[0].known;
    const int64_t rank = count >= 0 ? count : sized ? shape->dims[0].value : -1;
    if (rank > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %lld", IOU_MAX_RANK,
                              (long long)rank);
    }
    out->rank = (int)rank;
    for (int i = 0; i < count; i++) {
        IOU_TRY(shape_element(infer, out, i, iou_fact_value(shape, i), open));
    }
    for (int i = count < 0 ? 0 : count; i < out->rank; i++) {
        out->dims[i] = iou_dim_unknown();
    }
    return IOU_OK;
}

static iou_status reshape_infer(const iou_infer *infer) {
    const bool attribute = infer->node->opset < 5;
    iou_fact *out = &infer->out[0];
    int open = -1;
    IOU_TRY(iou_fact_begin(infer, attribute ? 1 : 2, attribute ? 1 : 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    out->type = infer->in[0]->type;
    IOU_TRY(attribute ? reshape_attribute(infer, out, &open) : reshape_input(infer, out, &open));
    if (out->rank >= 0) {
        IOU_TRY(fit_shape(infer, out, open));
        iou_fact_same_value(out, infer->in[0]);
    }
    return IOU_OK;
}

/* ---- Flatten, Squeeze, Unsqueeze ----------------------------------------------------------- */

static iou_status flatten_parse(const iou_parse *parse) {
    return iou_axis_parse(parse, 1);
}

static iou_status flatten_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    const int64_t axis = iou_axis_attribute_of(infer->node)->axis;
    out->type = x->type;
    out->rank = 2;
    out->dims[0] = out->dims[1] = iou_dim_unknown();
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (axis < -x->rank || axis > x->rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axis %lld is outside %d…%d", (long long)axis,
                              -x->rank, x->rank);
    }
    const int at = (int)(axis < 0 ? axis + x->rank : axis);
    out->dims[0] = iou_fact_product(infer, x->dims, 0, at);
    out->dims[1] = iou_fact_product(infer, x->dims, at, x->rank);
    iou_fact_same_value(out, x);
    return IOU_OK;
}

/* Axes as an attribute, before opset 13. */
static iou_status axes_parse(const iou_parse *parse) {
    iou_ints_from_attribute(parse->attributes, parse->node, "axes");
    return IOU_OK;
}

/* The axes, which are input 1 since; marks them among `rank` dimensions. */
static iou_status read_axes(const iou_infer *infer, int rank, bool marked[IOU_MAX_RANK],
                            iou_ints *axes) {
    if (infer->node->opset < 13) {
        *axes = *(const iou_ints *)infer->node->attributes;
    } else {
        iou_ints_from_fact(axes, iou_fact_in(infer, 1));
    }
    memset(marked, 0, IOU_MAX_RANK * sizeof marked[0]);
    const int count = axes->state == IOU_INTS_KNOWN && rank >= 0 ? axes->count : 0;
    for (int i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, axes->values[i], rank, &axis));
        if (marked[axis]) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "axis %d is given twice", axis);
        }
        marked[axis] = true;
    }
    return IOU_OK;
}

static iou_status squeeze_infer(const iou_infer *infer) {
    iou_ints axes;
    bool marked[IOU_MAX_RANK];
    IOU_TRY(iou_fact_begin(infer, 1, infer->node->opset < 13 ? 1 : 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    IOU_TRY(read_axes(infer, x->rank, marked, &axes));
    const bool all = axes.state == IOU_INTS_ABSENT;
    if (x->rank < 0 || axes.state == IOU_INTS_UNKNOWN ||
        (all && !all_known(x->dims, x->rank, -1))) {
        return IOU_OK;
    }
    out->rank = 0;
    for (int i = 0; i < x->rank; i++) {
        const bool one = x->dims[i].known && x->dims[i].value == 1;
        if (marked[i] && x->dims[i].known && !one) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "dimension %d must be 1, it is %lld", i,
                                  (long long)x->dims[i].value);
        }
        if (all ? !one : !marked[i]) {
            out->dims[out->rank++] = x->dims[i];
        }
    }
    iou_fact_same_value(out, x);
    return IOU_OK;
}

static iou_status unsqueeze_infer(const iou_infer *infer) {
    const int inputs = infer->node->opset < 13 ? 1 : 2;
    iou_ints axes;
    bool marked[IOU_MAX_RANK];
    IOU_TRY(iou_fact_begin(infer, inputs, inputs, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    IOU_TRY(read_axes(infer, -1, marked, &axes));
    if (axes.state == IOU_INTS_ABSENT) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axes are missing");
    }
    if (x->rank < 0 || axes.state == IOU_INTS_UNKNOWN) {
        return IOU_OK;
    }
    if (x->rank + axes.count > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              x->rank + axes.count);
    }
    out->rank = x->rank + axes.count;
    IOU_TRY(read_axes(infer, out->rank, marked, &axes));
    for (int i = 0, from = 0; i < out->rank; i++) {
        out->dims[i] = marked[i] ? iou_dim_number(1) : x->dims[from++];
    }
    iou_fact_same_value(out, x);
    return IOU_OK;
}

/* ---- Identity ------------------------------------------------------------------------------ */

static iou_status identity_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    if (!iou_type_is_composite(infer->in[0]->type)) {
        IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    }
    iou_fact_like(&infer->out[0], infer->in[0]);
    iou_fact_same_value(&infer->out[0], infer->in[0]);
    return IOU_OK;
}

static iou_view view_plain(const iou_node *node, const iou_fact *facts) {
    (void)node, (void)facts;
    return IOU_VIEW_PLAIN;
}

/* Channels stay where they are when pixels are counted otherwise: [N, C, H, W] to [N, C, H W]. */
static iou_view view_reshape(const iou_node *node, const iou_fact *facts) {
    const iou_fact *in = &facts[node->inputs[0]], *out = &facts[node->outputs[0]];
    const bool same = iou_fact_is_spatial(in) && iou_fact_is_spatial(out) &&
                      in->dims[0].value == out->dims[0].value &&
                      in->dims[1].value == out->dims[1].value;
    return same ? IOU_VIEW_SAME : IOU_VIEW_PLAIN;
}

static iou_view view_same(const iou_node *node, const iou_fact *facts) {
    (void)node, (void)facts;
    return IOU_VIEW_SAME;
}

/* Bytes in the place of floats are moved as well. */
static bool view_moves(const iou_node *node) {
    (void)node;
    return true;
}

const iou_op iou_op_reshape = {.name = "Reshape",
                               .attributes_size = sizeof(reshape_attributes),
                               .parse = reshape_parse,
                               .infer = reshape_infer,
                               .prepare = iou_prepare_copy,
                               .view = view_reshape,
                               .accepts = IOU_ACCEPTS_STRINGS,
                               .moves = view_moves};
const iou_op iou_op_flatten = {.name = "Flatten",
                               .attributes_size = sizeof(iou_axis_attribute),
                               .parse = flatten_parse,
                               .infer = flatten_infer,
                               .prepare = iou_prepare_copy,
                               .view = view_plain,
                               .accepts = IOU_ACCEPTS_STRINGS,
                               .moves = view_moves};
const iou_op iou_op_squeeze = {.name = "Squeeze",
                               .attributes_size = sizeof(iou_ints),
                               .parse = axes_parse,
                               .infer = squeeze_infer,
                               .prepare = iou_prepare_copy,
                               .view = view_plain,
                               .accepts = IOU_ACCEPTS_STRINGS,
                               .moves = view_moves};
const iou_op iou_op_unsqueeze = {.name = "Unsqueeze",
                                 .attributes_size = sizeof(iou_ints),
                                 .parse = axes_parse,
                                 .infer = unsqueeze_infer,
                                 .prepare = iou_prepare_copy,
                                 .view = view_plain,
                                 .accepts = IOU_ACCEPTS_STRINGS,
                                 .moves = view_moves};
const iou_op iou_op_identity = {.name = "Identity",
                                .layout = IOU_LAYOUT_ELEMENTWISE,
                                .infer = identity_infer,
                                .prepare = iou_prepare_copy,
                                .view = view_same,
                                .accepts = IOU_ACCEPTS_ALL};

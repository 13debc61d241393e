/* Resize (10, 11, 13, 18, 19) and Upsample (7, 9): any rank, any axes, every mode. */
#include "ops/resize/resize_request.h"
#include "ops/resize/resize_run.h"

#include <math.h>

/* Symbols: scaled by whole numbers or fractions of one, or taken from `sizes`. */
static void symbolic_sizes(const iou_infer *infer, iou_resize_request *request,
                           const iou_fact *sizes) {
    iou_fact *out = &infer->out[0];
    const bool scaled =
        request->scales.state == IOU_INTS_KNOWN && request->scales.count == request->axis_count;
    const bool crops =
        request->rule.coordinates == IOU_TF_CROP || request->policy != IOU_ASPECT_STRETCH;
    const bool known = iou_fact_value_count(sizes) == request->axis_count;
    for (int i = 0; i < request->axis_count; i++) {
        iou_dim *dim = &out->dims[request->axes[i]];
        const double scale = scaled ? request->scales.values[i] : 0.0;
        const double inverse = scale > 0.0 ? 1.0 / scale : 0.0;
        if (request->sized) {
            *dim = known && !crops ? iou_fact_value(sizes, i) : iou_dim_unknown();
        } else if (crops || !scaled) {
            *dim = iou_dim_unknown();
        } else if (scale >= 1.0 && scale == floor(scale) && scale < 65536.0) {
            *dim = iou_infer_mul(infer, *dim, iou_dim_number((int64_t)scale));
        } else if (inverse > 1.0 && inverse == floor(inverse) && inverse < 65536.0) {
            *dim = iou_infer_floor_div(infer, *dim, (int64_t)inverse);
        } else if (dim->known) {
            const double extent = floor((double)dim->value * scale);
            const bool fits = extent >= 0.0 &&
                              extent <= (double)IOU_RESIZE_LARGEST; /* else the numbers say why */
            *dim = fits ? iou_dim_number((int64_t)extent) : iou_dim_unknown();
        } else {
            *dim = iou_fact_new_symbol(infer, request->axes[i]);
        }
    }
}

static iou_status infer_sizes(const iou_infer *infer, iou_resize_request *request,
                              const iou_fact *sizes) {
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    iou_ints known;
    int64_t dims[IOU_MAX_RANK] = {0};
    size_t count;
    iou_fact_shape_like(out, x);
    iou_ints_from_fact(&known, sizes);
    const iou_ints_state state = request->sized ? known.state : request->scales.state;
    const bool roi =
        request->rule.coordinates != IOU_TF_CROP || request->roi.state == IOU_INTS_KNOWN;
    if (!iou_fact_count(x, &count) || state != IOU_INTS_KNOWN || !roi) {
        symbolic_sizes(infer, request, sizes);
        return IOU_OK;
    }
    for (int i = 0; i < x->rank; i++) {
        dims[i] = x->dims[i].value;
    }
    const char *problem = iou_resize_fill_sizes(request, dims, &known);
    if (problem != NULL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s", problem);
    }
    for (int i = 0; i < x->rank; i++) {
        out->dims[i] = iou_dim_number(request->axis[i].out);
    }
    return IOU_OK;
}

/* An input that is there but empty counts as absent: opset 11 could not leave inputs out. */
static bool is_given(const iou_fact *fact) {
    size_t count;
    return fact != NULL && !(fact->rank >= 0 && iou_fact_count(fact, &count) && count == 0);
}

static iou_status check_inputs(const iou_infer *infer, iou_resize_request *request,
                               const iou_fact **sizes) {
    const iou_resize_attributes *a = infer->node->attributes;
    const int at = a->scales_input;
    const bool attribute = a->scales_attribute;
    const iou_fact *scales = attribute ? NULL : iou_fact_in(infer, at);
    *sizes = at == 2 ? iou_fact_in(infer, 3) : NULL;
    request->sized = is_given(*sizes);
    if (attribute) {
        request->scales = a->scales;
    } else {
        iou_floats_from_fact(&request->scales, scales);
        if (is_given(scales)) {
            IOU_TRY(iou_infer_type(infer, at, iou_types_f32));
        }
    }
    if (request->sized) {
        IOU_TRY(iou_infer_type(infer, 3, iou_types_i64));
    }
    iou_floats_from_fact(&request->roi, at == 2 ? iou_fact_in(infer, 1) : NULL);
    const bool scaled = attribute ? request->scales.state != IOU_INTS_ABSENT : is_given(scales);
    if (scaled == request->sized) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "either scales or sizes, found %s",
                              scaled ? "both" : "neither");
    }
    return IOU_OK;
}

static iou_status resize_infer(const iou_infer *infer) {
    const iou_resize_attributes *a = infer->node->attributes;
    const int most = a->scales_attribute ? 1 : a->scales_input == 1 ? 2 : 4;
    const iou_fact *x, *sizes;
    iou_resize_request request = {0};
    IOU_TRY(iou_fact_begin(infer, most == 2 ? 2 : 1, most, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    x = infer->in[0];
    infer->out[0].type = x->type;
    const bool real = x->type == IOU_FLOAT || x->type == IOU_TYPE_UNDEFINED;
    if (!real && (a->rule.mode != IOU_RESIZE_NEAREST || a->rule.coordinates == IOU_TF_CROP)) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "float32 is interpolated, not %s",
                              iou_type_name(x->type));
    }
    IOU_TRY(check_inputs(infer, &request, &sizes));
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (!iou_resize_begin(&request, a, x->rank)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axes must be different and in 0…%d",
                              x->rank - 1);
    }
    return infer_sizes(infer, &request, sizes);
}

/* Whether it repeats pixels to enlarge an image. */
static iou_view resize_view(const iou_node *node, const iou_fact *facts) {
    const iou_resize_attributes *a = node->attributes;
    if (a->rule.mode != IOU_RESIZE_NEAREST || a->rule.coordinates != IOU_ASYMMETRIC ||
        a->rule.nearest != IOU_NEAREST_FLOOR || a->axes.state != IOU_INTS_ABSENT || a->has_policy) {
        return IOU_VIEW_NONE;
    }
    const iou_fact *in = &facts[node->inputs[0]], *out = &facts[node->outputs[0]];
    if (in->rank != 4 || in->type != IOU_FLOAT || in->dims[0].value != out->dims[0].value ||
        in->dims[1].value != out->dims[1].value) {
        return IOU_VIEW_NONE;
    }
    /* With `scales`, only an exact multiple maps as `sizes` does. */
    const bool sizes = node->input_count == 4;
    for (int i = 2; i < 4; i++) {
        const int64_t from = in->dims[i].value, to = out->dims[i].value;
        if (from < 1 || to < from || (!sizes && to % from != 0)) {
            return IOU_VIEW_NONE;
        }
    }
    return IOU_VIEW_REPEATED;
}

/* The nearest are elements of the input, where nothing outside of it is taken for one. */
static bool resize_moves(const iou_node *node) {
    const iou_resize_attributes *a = node->attributes;
    return a->rule.mode == IOU_RESIZE_NEAREST && a->rule.coordinates != IOU_TF_CROP;
}

const iou_op iou_op_resize = {.name = "Resize",
                              .layout = IOU_LAYOUT_CHANNELS,
                              .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_MIXED,
                              .attributes_size = sizeof(iou_resize_attributes),
                              .parse = iou_resize_parse,
                              .infer = resize_infer,
                              .prepare = iou_resize_op_prepare,
                              .view = resize_view,
                              .moves = resize_moves,
                              .pitched = IOU_PITCHED_INPUT | IOU_PITCHED_OUTPUT};
const iou_op iou_op_upsample = {.name = "Upsample",
                                .layout = IOU_LAYOUT_CHANNELS,
                                .widens = IOU_WIDENS_FLOATS | IOU_WIDENS_MIXED,
                                .attributes_size = sizeof(iou_resize_attributes),
                                .parse = iou_resize_parse,
                                .infer = resize_infer,
                                .prepare = iou_resize_op_prepare,
                                .pitched = IOU_PITCHED_INPUT | IOU_PITCHED_OUTPUT};

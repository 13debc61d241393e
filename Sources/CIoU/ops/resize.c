/* Resize (10, 11, 13, 18, 19) and Upsample (7, 9): any rank, any axes, every mode. */
#include "ops/facts.h"
#include "ops/resize_axis.h"
#include "ops/walk.h"

#include <math.h>
#include <string.h>

/* ---- Attributes ---------------------------------------------------------------------------- */

typedef enum aspect { ASPECT_STRETCH, ASPECT_NOT_LARGER, ASPECT_NOT_SMALLER } aspect;

/* Everything that decides the output and how it is computed. */
typedef struct resize_plan {
    iou_resize_rule rule;
    aspect policy;
    float extrapolation;
    int rank, axis_count;
    int axes[IOU_MAX_RANK];
    iou_resize_axis axis[IOU_MAX_RANK]; /* by ONNX dimension */
    iou_floats scales, roi;
    bool sized; /* `sizes` instead of scales */
} resize_plan;

typedef struct choice {
    const char *name;
    int value;
} choice;

static const choice modes[] = {{"nearest", IOU_RESIZE_NEAREST},
                               {"linear", IOU_RESIZE_LINEAR},
                               {"bilinear", IOU_RESIZE_LINEAR},
                               {"cubic", IOU_RESIZE_CUBIC},
                               {NULL, 0}};
static const choice coordinate_modes[] = {{"half_pixel", IOU_HALF_PIXEL},
                                          {"half_pixel_symmetric", IOU_HALF_PIXEL_SYMMETRIC},
                                          {"pytorch_half_pixel", IOU_PYTORCH_HALF_PIXEL},
                                          {"align_corners", IOU_ALIGN_CORNERS},
                                          {"asymmetric", IOU_ASYMMETRIC},
                                          {"tf_crop_and_resize", IOU_TF_CROP},
                                          {"tf_half_pixel_for_nn", IOU_TF_HALF_PIXEL_FOR_NN},
                                          {NULL, 0}};
static const choice nearest_modes[] = {{"round_prefer_floor", IOU_ROUND_PREFER_FLOOR},
                                       {"round_prefer_ceil", IOU_ROUND_PREFER_CEIL},
                                       {"floor", IOU_NEAREST_FLOOR},
                                       {"ceil", IOU_NEAREST_CEIL},
                                       {NULL, 0}};
static const choice policies[] = {{"stretch", ASPECT_STRETCH},
                                  {"not_larger", ASPECT_NOT_LARGER},
                                  {"not_smaller", ASPECT_NOT_SMALLER},
                                  {NULL, 0}};

/* The value of a string attribute; -1: it is none of the choices, and stands in `text`. */
static int choose(const iou_node *node, const char *name, const choice *choices, char *text,
                  size_t capacity) {
    if (!iou_attribute_string(node, name, text, capacity)) {
        return choices[0].value;
    }
    for (const choice *c = choices; c->name != NULL; c++) {
        if (strcmp(c->name, text) == 0) {
            return c->value;
        }
    }
    return -1;
}

/* NULL, or the name of the attribute whose value `text` is not known. */
static const char *read_rule(resize_plan *plan, const iou_node *node, char *text, size_t capacity) {
    iou_resize_rule *rule = &plan->rule;
    const int mode = choose(node, "mode", modes, text, capacity);
    if (mode < 0) {
        return "mode";
    }
    const bool upsample = node->op_type[0] == 'U';
    rule->mode = (iou_resize_mode)mode;
    if (upsample || node->opset < 11) {
        rule->coordinates = IOU_ASYMMETRIC;
        rule->nearest = upsample ? IOU_NEAREST_FLOOR : IOU_NEAREST_SIMPLE;
        return NULL;
    }
    const int coordinates =
        choose(node, "coordinate_transformation_mode", coordinate_modes, text, capacity);
    if (coordinates < 0) {
        return "coordinate_transformation_mode";
    }
    const int nearest = choose(node, "nearest_mode", nearest_modes, text, capacity);
    if (nearest < 0) {
        return "nearest_mode";
    }
    const int policy = choose(node, "keep_aspect_ratio_policy", policies, text, capacity);
    if (policy < 0) {
        return "keep_aspect_ratio_policy";
    }
    rule->coordinates = (iou_coordinates)coordinates;
    rule->nearest = (iou_nearest)nearest;
    rule->cubic = (double)iou_attribute_float(node, "cubic_coeff_a", -0.75f);
    rule->antialias = iou_attribute_int(node, "antialias", 0) != 0;
    rule->exclude_outside = iou_attribute_int(node, "exclude_outside", 0) != 0;
    plan->policy = (aspect)policy;
    plan->extrapolation = iou_attribute_float(node, "extrapolation_value", 0.0f);
    return NULL;
}

/* The axes that scales, sizes and roi speak of: all, or the attribute `axes` (opset 18). */
static bool read_axes(resize_plan *plan, const iou_node *node, int rank) {
    iou_ints axes;
    bool seen[IOU_MAX_RANK] = {false};
    iou_ints_from_attribute(&axes, node, "axes");
    plan->rank = rank;
    plan->axis_count = axes.state == IOU_INTS_ABSENT ? rank : axes.count;
    if (plan->axis_count > rank) {
        return false;
    }
    for (int i = 0; i < plan->axis_count; i++) {
        int64_t axis = axes.state == IOU_INTS_ABSENT ? i : axes.values[i];
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank || seen[axis]) {
            return false;
        }
        seen[axis] = true;
        plan->axes[i] = (int)axis;
    }
    return true;
}

/* Where scales and sizes stand among the inputs. */
static int scales_input(const iou_node *node) {
    return node->op_type[0] == 'U' || node->opset < 11 ? 1 : 2;
}

/* ---- Output size --------------------------------------------------------------------------- */

enum { LARGEST = 1 << 30 }; /* of an output dimension */

static void scales_from_attribute(iou_floats *scales, const iou_node *node) {
    size_t count = 0;
    const float *values = iou_attribute_floats(node, "scales", &count);
    scales->state = values != NULL ? IOU_INTS_KNOWN : IOU_INTS_ABSENT;
    scales->count = count > IOU_MAX_ELEMENTS ? IOU_MAX_ELEMENTS + 1 : (int)count;
    for (size_t i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        scales->values[i] = (double)values[i];
    }
}

/* NULL, or what is wrong. Needs the roi only for cropping. */
static const char *sizes_from_scales(resize_plan *plan) {
    for (int i = 0; i < plan->axis_count; i++) {
        iou_resize_axis *axis = &plan->axis[plan->axes[i]];
        axis->scale = plan->scales.values[i];
        if (!(axis->scale > 0.0) || isinf(axis->scale)) {
            return "scales must be positive and finite";
        }
        const bool crops = plan->rule.coordinates == IOU_TF_CROP;
        const double span = crops ? axis->roi_end - axis->roi_start : 1.0;
        const double out = floor((double)axis->in * span * axis->scale);
        if (!(out >= 0.0 && out <= (double)LARGEST)) {
            return "an output dimension must be 0 … 2^30";
        }
        axis->out = (int64_t)out;
    }
    return NULL;
}

static const char *sizes_given(resize_plan *plan, const int64_t *sizes) {
    double best = 0.0;
    for (int i = 0; i < plan->axis_count; i++) {
        iou_resize_axis *axis = &plan->axis[plan->axes[i]];
        if (sizes[i] < 0 || sizes[i] > LARGEST) {
            return "sizes must be 0 … 2^30";
        }
        const double scale = axis->in > 0 ? (double)sizes[i] / (double)axis->in : 1.0;
        const bool better = plan->policy == ASPECT_NOT_LARGER ? scale < best : scale > best;
        best = i == 0 || better ? scale : best;
        axis->scale = scale;
        axis->out = sizes[i];
    }
    for (int i = 0; i < plan->axis_count && plan->policy != ASPECT_STRETCH; i++) {
        iou_resize_axis *axis = &plan->axis[plan->axes[i]];
        axis->scale = best;
        const double out = floor(best * (double)axis->in + 0.5);
        if (out > (double)LARGEST) {
            return "an output dimension must be 0 … 2^30";
        }
        axis->out = (int64_t)out;
    }
    return NULL;
}

/* Fills plan->axis from numbers; NULL, or what is wrong. */
static const char *fill_sizes(resize_plan *plan, const int64_t *dims, const iou_ints *sizes) {
    for (int i = 0; i < plan->rank; i++) {
        plan->axis[i] =
            (iou_resize_axis){.in = dims[i], .out = dims[i], .scale = 1.0, .roi_end = 1.0};
    }
    if (plan->rule.coordinates == IOU_TF_CROP) {
        if (plan->roi.state != IOU_INTS_KNOWN || plan->roi.count != 2 * plan->axis_count) {
            return "roi must have a start and an end for every axis";
        }
        for (int i = 0; i < plan->axis_count; i++) {
            plan->axis[plan->axes[i]].roi_start = plan->roi.values[i];
            plan->axis[plan->axes[i]].roi_end = plan->roi.values[plan->axis_count + i];
        }
    }
    const int count = plan->sized ? sizes->count : plan->scales.count;
    if (count != plan->axis_count) {
        return "one scale or size for every axis is wanted";
    }
    const char *problem = plan->sized ? sizes_given(plan, sizes->values) : sizes_from_scales(plan);
    for (int i = 0; i < plan->rank && problem == NULL; i++) {
        if (plan->axis[i].in > INT32_MAX || (plan->axis[i].in == 0 && plan->axis[i].out > 0)) {
            problem = "an input dimension must be 1 … 2^31-1";
        }
    }
    return problem;
}

/* ---- Infer --------------------------------------------------------------------------------- */

/* Symbols: scaled by whole numbers or fractions of one, or taken from `sizes`. */
static void symbolic_sizes(const iou_infer *infer, resize_plan *plan, const iou_fact *sizes) {
    iou_fact *out = &infer->out[0];
    const bool scaled =
        plan->scales.state == IOU_INTS_KNOWN && plan->scales.count == plan->axis_count;
    const bool crops = plan->rule.coordinates == IOU_TF_CROP || plan->policy != ASPECT_STRETCH;
    const bool known = iou_fact_value_count(sizes) == plan->axis_count;
    for (int i = 0; i < plan->axis_count; i++) {
        iou_dim *dim = &out->dims[plan->axes[i]];
        const double scale = scaled ? plan->scales.values[i] : 0.0;
        const double inverse = scale > 0.0 ? 1.0 / scale : 0.0;
        if (plan->sized) {
            *dim = known && !crops ? iou_fact_value(sizes, i) : iou_dim_unknown();
        } else if (crops || !scaled) {
            *dim = iou_dim_unknown();
        } else if (scale >= 1.0 && scale == floor(scale) && scale < 65536.0) {
            *dim = iou_infer_mul(infer, *dim, iou_dim_number((int64_t)scale));
        } else if (inverse > 1.0 && inverse == floor(inverse) && inverse < 65536.0) {
            *dim = iou_infer_floor_div(infer, *dim, (int64_t)inverse);
        } else if (dim->known) {
            const double extent = floor((double)dim->value * scale);
            const bool fits =
                extent >= 0.0 && extent <= (double)LARGEST; /* else the numbers tell why */
            *dim = fits ? iou_dim_number((int64_t)extent) : iou_dim_unknown();
        } else {
            *dim = iou_fact_new_symbol(infer, plan->axes[i]);
        }
    }
}

static iou_status infer_sizes(const iou_infer *infer, resize_plan *plan, const iou_fact *sizes) {
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    iou_ints known;
    int64_t dims[IOU_MAX_RANK] = {0};
    size_t count;
    iou_fact_shape_like(out, x);
    iou_ints_from_fact(&known, sizes);
    const iou_ints_state state = plan->sized ? known.state : plan->scales.state;
    const bool roi = plan->rule.coordinates != IOU_TF_CROP || plan->roi.state == IOU_INTS_KNOWN;
    if (!iou_fact_count(x, &count) || state != IOU_INTS_KNOWN || !roi) {
        symbolic_sizes(infer, plan, sizes);
        return IOU_OK;
    }
    for (int i = 0; i < x->rank; i++) {
        dims[i] = x->dims[i].value;
    }
    const char *problem = fill_sizes(plan, dims, &known);
    if (problem != NULL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s", problem);
    }
    for (int i = 0; i < x->rank; i++) {
        out->dims[i] = iou_dim_number(plan->axis[i].out);
    }
    return IOU_OK;
}

/* An input that is there but empty counts as absent: opset 11 could not leave inputs out. */
static bool is_given(const iou_fact *fact) {
    size_t count;
    return fact != NULL && !(fact->rank >= 0 && iou_fact_count(fact, &count) && count == 0);
}

static iou_status check_inputs(const iou_infer *infer, resize_plan *plan, const iou_fact **sizes) {
    const iou_node *node = infer->node;
    const int at = scales_input(node);
    const bool attribute = node->op_type[0] == 'U' && node->opset < 9;
    const iou_fact *scales = attribute ? NULL : iou_fact_in(infer, at);
    *sizes = at == 2 ? iou_fact_in(infer, 3) : NULL;
    plan->sized = is_given(*sizes);
    if (attribute) {
        scales_from_attribute(&plan->scales, node);
    } else {
        iou_floats_from_fact(&plan->scales, scales);
        if (is_given(scales)) {
            IOU_TRY(iou_infer_type(infer, at, iou_types_f32));
        }
    }
    if (plan->sized) {
        IOU_TRY(iou_infer_type(infer, 3, iou_types_i64));
    }
    iou_floats_from_fact(&plan->roi, at == 2 ? iou_fact_in(infer, 1) : NULL);
    const bool scaled = attribute ? plan->scales.state != IOU_INTS_ABSENT : is_given(scales);
    if (scaled == plan->sized) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "either scales or sizes, found %s",
                              scaled ? "both" : "neither");
    }
    return IOU_OK;
}

static iou_status resize_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const bool upsample = node->op_type[0] == 'U';
    const bool attribute = upsample && node->opset < 9;
    const int most = attribute ? 1 : scales_input(node) == 1 ? 2 : 4;
    const iou_fact *x, *sizes;
    resize_plan plan = {0};
    char text[48];
    if (upsample && node->opset < 7) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "Upsample before opset 7");
    }
    IOU_TRY(iou_fact_begin(infer, attribute || most == 4 ? 1 : 2, most, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    x = infer->in[0];
    infer->out[0].type = x->type;
    const char *problem = read_rule(&plan, node, text, sizeof text);
    if (problem != NULL) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "%s is '%s'", problem, text);
    }
    const bool real = x->type == IOU_FLOAT || x->type == IOU_TYPE_UNDEFINED;
    if (!real && (plan.rule.mode != IOU_RESIZE_NEAREST || plan.rule.coordinates == IOU_TF_CROP)) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "float32 is interpolated, not %s",
                              iou_type_name(x->type));
    }
    IOU_TRY(check_inputs(infer, &plan, &sizes));
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (!read_axes(&plan, node, x->rank)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axes must be different and in 0…%d",
                              x->rank - 1);
    }
    return infer_sizes(infer, &plan, sizes);
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* An axis in memory order. */
typedef struct memory_axis {
    int64_t in, out, stride; /* stride of the input, in elements */
    int taps;
    const int32_t *index; /* NULL: the axis is as it was */
    const float *weight;
} memory_axis;

typedef struct resize_params {
    int rank; /* at least 1; the last axis is innermost */
    memory_axis axis[IOU_MAX_RANK];
    size_t rows, rows_per_task, size;
    float extrapolation;
    bool weighted;
} resize_params;

/* Adds weight times one row of the input (at `from`) to a row of the output. */
static void add_row(const memory_axis *axis, const float *from, float weight, float *to) {
    if (axis->index == NULL) {
        IOU_INDEPENDENT for (int64_t i = 0; i < axis->out; i++) {
            to[i] += weight * from[i];
        }
        return;
    }
    for (int64_t i = 0; i < axis->out; i++) {
        const int32_t *index = axis->index + i * axis->taps;
        const float *factor = axis->weight + i * axis->taps;
        float sum = 0.0f;
        for (int k = 0; k < axis->taps; k++) {
            sum += index[k] < 0 ? 0.0f : factor[k] * from[index[k]];
        }
        to[i] += weight * sum;
    }
}

/* Every combination of taps of the outer axes from `level` on; false: outside of a crop. */
static bool add_taps(const resize_params *p, const int64_t *at, int level, const float *from,
                     float weight, float *to) {
    const memory_axis *axis = &p->axis[level];
    if (level == p->rank - 1) {
        add_row(axis, from, weight, to);
        return true;
    }
    if (axis->index == NULL) {
        return add_taps(p, at, level + 1, from + at[level] * axis->stride, weight, to);
    }
    for (int k = 0; k < axis->taps; k++) {
        const int64_t tap = at[level] * axis->taps + k;
        if (axis->index[tap] < 0) {
            return false;
        }
        if (axis->weight[tap] != 0.0f &&
            !add_taps(p, at, level + 1, from + axis->index[tap] * axis->stride,
                      weight * axis->weight[tap], to)) {
            return false;
        }
    }
    return true;
}

static void weighted_row(const resize_params *p, const int64_t *at, const float *in, float *out) {
    const memory_axis *last = &p->axis[p->rank - 1];
    memset(out, 0, (size_t)last->out * sizeof *out);
    const bool inside = add_taps(p, at, 0, in, 1.0f, out);
    for (int64_t i = 0; i < last->out; i++) {
        const bool cut = last->index != NULL && last->index[i * last->taps] < 0;
        out[i] = inside && !cut ? out[i] : p->extrapolation;
    }
}

/* The positions of row `row` on the axes before the last. */
static void locate(const resize_params *p, size_t row, int64_t at[IOU_MAX_RANK]) {
    for (int i = p->rank - 2; i >= 0; i--) {
        at[i] = (int64_t)(row % (size_t)p->axis[i].out);
        row /= (size_t)p->axis[i].out;
    }
}

#define PICK(type)                                                                                 \
    for (int64_t i = 0; i < last->out; i++) {                                                      \
        ((type *)out)[i] = ((const type *)from)[last->index[i]];                                   \
    }                                                                                              \
    break

/* Nearest, and nothing outside: whole rows, or single elements. */
static void nearest_row(const resize_params *p, const int64_t *at, const char *in, void *out) {
    const memory_axis *last = &p->axis[p->rank - 1];
    int64_t offset = 0;
    for (int i = 0; i < p->rank - 1; i++) {
        const memory_axis *axis = &p->axis[i];
        offset += axis->stride * (axis->index == NULL ? at[i] : axis->index[at[i]]);
    }
    const char *from = in + (size_t)offset * p->size;
    if (last->index == NULL) {
        memcpy(out, from, (size_t)last->out * p->size);
        return;
    }
    switch (p->size) {
    case 1: PICK(uint8_t);
    case 2: PICK(uint16_t);
    case 4: PICK(uint32_t);
    default: PICK(uint64_t);
    }
}

static iou_status resize_run(const iou_call *call, size_t task) {
    const resize_params *p = call->params;
    const size_t first = task * p->rows_per_task, left = p->rows - first;
    const size_t end = left < p->rows_per_task ? p->rows : first + p->rows_per_task;
    const size_t width = (size_t)p->axis[p->rank - 1].out;
    for (size_t row = first; row < end; row++) {
        int64_t at[IOU_MAX_RANK] = {0};
        char *out = (char *)call->out[0] + row * width * p->size;
        locate(p, row, at);
        if (p->weighted) {
            weighted_row(p, at, call->in[0], (float *)(void *)out);
        } else {
            nearest_row(p, at, call->in[0], out);
        }
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

static iou_status read_plan(const iou_prepare *prepare, resize_plan *plan) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[0];
    const int at = scales_input(node);
    iou_ints sizes;
    char text[48];
    (void)read_rule(plan, node, text, sizeof text);
    (void)read_axes(plan, node, x->rank);
    if (node->op_type[0] == 'U' && node->opset < 9) {
        scales_from_attribute(&plan->scales, node);
    } else {
        iou_floats_from_operand(&plan->scales, iou_operand_in(prepare, at));
    }
    const iou_operand *given = at == 2 ? iou_operand_in(prepare, 3) : NULL;
    plan->sized = given != NULL && given->count > 0;
    iou_ints_from_operand(&sizes, given);
    iou_floats_from_operand(&plan->roi, at == 2 ? iou_operand_in(prepare, 1) : NULL);
    if ((plan->sized ? sizes.state : plan->scales.state) != IOU_INTS_KNOWN) {
        return iou_prepare_unknown(prepare, "scales or sizes");
    }
    const char *problem = fill_sizes(plan, x->dims, &sizes);
    return problem == NULL ? IOU_OK : iou_prepare_fail(prepare, IOU_BAD_MODEL, "%s", problem);
}

static bool is_same(const resize_plan *plan, int i) {
    const iou_resize_axis *axis = &plan->axis[i];
    return axis->in == axis->out && axis->scale == 1.0 &&
           (plan->rule.coordinates != IOU_TF_CROP ||
            (axis->roi_start == 0.0 && axis->roi_end == 1.0));
}

static iou_status fill_axis(const iou_prepare *prepare, resize_plan *plan, int i, memory_axis *to) {
    iou_resize_axis *axis = &plan->axis[i];
    to->in = axis->in;
    to->out = axis->out;
    to->taps = 1;
    if (is_same(plan, i)) {
        return IOU_OK;
    }
    axis->taps = iou_resize_taps(&plan->rule, axis);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)axis->out * sizeof(float), (size_t)axis->taps, &bytes) ||
        bytes > (size_t)LARGEST) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%d taps for each of %lld positions",
                                axis->taps, (long long)axis->out);
    }
    axis->index = iou_prepare_alloc(prepare, bytes + 1);
    axis->weight = iou_prepare_alloc(prepare, bytes + 1);
    if (axis->index == NULL || axis->weight == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_resize_fill(&plan->rule, axis);
    to->taps = axis->taps;
    to->index = axis->index;
    to->weight = axis->weight;
    return IOU_OK;
}

/* Merges axes that stay as they are with the unchanged axis before them. */
static void add_axis(resize_params *p, const memory_axis *axis) {
    memory_axis *before = p->rank > 0 ? &p->axis[p->rank - 1] : NULL;
    if (before != NULL && before->index == NULL && axis->index == NULL) {
        before->in *= axis->in;
        before->out *= axis->out;
        before->stride = axis->stride;
    } else {
        p->axis[p->rank++] = *axis;
    }
}

static iou_status resize_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *out = &prepare->out[0];
    resize_plan plan = {0};
    int order[IOU_MAX_RANK];
    int64_t strides[IOU_MAX_RANK];
    resize_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    IOU_TRY(read_plan(prepare, &plan));
    iou_memory_order(x->rank, x->layout, order);
    iou_memory_strides(x, strides);
    for (int i = 0; i < x->rank; i++) {
        memory_axis axis = {.stride = strides[order[i]]};
        IOU_TRY(fill_axis(prepare, &plan, order[i], &axis));
        add_axis(p, &axis);
    }
    if (p->rank == 0) {
        p->axis[p->rank++] = (memory_axis){.in = 1, .out = 1, .stride = 1, .taps = 1};
    }
    const size_t width = (size_t)p->axis[p->rank - 1].out;
    p->size = iou_type_size(x->type);
    p->rows = out->count == 0 ? 0 : out->count / width;
    p->rows_per_task = width == 0 || width > 8192 ? 1 : 8192 / width;
    p->extrapolation = plan.extrapolation;
    p->weighted = plan.rule.mode != IOU_RESIZE_NEAREST || plan.rule.coordinates == IOU_TF_CROP;
    *prepare->step =
        (iou_step){.run = resize_run,
                   .params = p,
                   .task_count = p->rows == 0 ? 1 : (p->rows - 1) / p->rows_per_task + 1,
                   .algorithm = p->weighted ? "weighted" : "nearest",
                   .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_resize = {"Resize", IOU_LAYOUT_CHANNELS, resize_infer, resize_prepare};
const iou_op iou_op_upsample = {"Upsample", IOU_LAYOUT_CHANNELS, resize_infer, resize_prepare};

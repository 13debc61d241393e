#include "ops/resize/resize_request.h"

#include <math.h>
#include <string.h>

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
static const choice policies[] = {{"stretch", IOU_ASPECT_STRETCH},
                                  {"not_larger", IOU_ASPECT_NOT_LARGER},
                                  {"not_smaller", IOU_ASPECT_NOT_SMALLER},
                                  {NULL, 0}};

static iou_status parse_choice(const iou_parse *parse, const char *name, const choice *choices,
                               int *value) {
    char text[48];
    *value = choices[0].value;
    if (!iou_attribute_string(parse->node, name, text, sizeof text)) {
        return IOU_OK;
    }
    for (const choice *c = choices; c->name != NULL; c++) {
        if (strcmp(c->name, text) == 0) {
            *value = c->value;
            return IOU_OK;
        }
    }
    return iou_parse_fail(parse, IOU_UNSUPPORTED, "%s is '%s'", name, text);
}

static void parse_scales(const iou_parse *parse, iou_floats *scales) {
    size_t count = 0;
    const float *values = iou_attribute_floats(parse->node, "scales", &count);
    scales->state = values != NULL ? IOU_INTS_KNOWN : IOU_INTS_ABSENT;
    scales->count = count > IOU_MAX_ELEMENTS ? IOU_MAX_ELEMENTS + 1 : (int)count;
    for (size_t i = 0; i < count && i < IOU_MAX_ELEMENTS; i++) {
        scales->values[i] = (double)values[i];
    }
}

/* What Upsample and the first Resize do not have. */
static iou_status parse_details(const iou_parse *parse, iou_resize_attributes *a) {
    const iou_node *node = parse->node;
    int coordinates, nearest, policy;
    IOU_TRY(parse_choice(parse, "coordinate_transformation_mode", coordinate_modes, &coordinates));
    IOU_TRY(parse_choice(parse, "nearest_mode", nearest_modes, &nearest));
    IOU_TRY(parse_choice(parse, "keep_aspect_ratio_policy", policies, &policy));
    a->rule.coordinates = (iou_coordinates)coordinates;
    a->rule.nearest = (iou_nearest)nearest;
    a->rule.cubic = (double)iou_attribute_float(node, "cubic_coeff_a", -0.75f);
    a->rule.antialias = iou_attribute_int(node, "antialias", 0) != 0;
    a->rule.exclude_outside = iou_attribute_int(node, "exclude_outside", 0) != 0;
    a->policy = (iou_resize_aspect)policy;
    a->has_policy = iou_attribute_present(node, "keep_aspect_ratio_policy");
    a->extrapolation = iou_attribute_float(node, "extrapolation_value", 0.0f);
    iou_ints_from_attribute(&a->axes, node, "axes");
    return IOU_OK;
}

iou_status iou_resize_parse(const iou_parse *parse) {
    iou_resize_attributes *a = parse->attributes;
    const int opset = parse->node->opset;
    const bool upsample = parse->node->op == &iou_op_upsample;
    int mode;
    if (upsample && opset < 7) {
        return iou_parse_fail(parse, IOU_UNSUPPORTED, "Upsample before opset 7");
    }
    IOU_TRY(parse_choice(parse, "mode", modes, &mode));
    a->rule.mode = (iou_resize_mode)mode;
    a->rule.coordinates = IOU_ASYMMETRIC;
    a->rule.nearest = upsample ? IOU_NEAREST_FLOOR : IOU_NEAREST_SIMPLE;
    a->scales_attribute = upsample && opset < 9;
    a->scales_input = upsample || opset < 11 ? 1 : 2;
    if (a->scales_attribute) {
        parse_scales(parse, &a->scales);
    }
    return a->scales_input == 1 ? IOU_OK : parse_details(parse, a);
}

bool iou_resize_begin(iou_resize_request *request, const iou_resize_attributes *attributes,
                      int rank) {
    const iou_ints *axes = &attributes->axes;
    bool seen[IOU_MAX_RANK] = {false};
    request->rule = attributes->rule;
    request->policy = attributes->policy;
    request->extrapolation = attributes->extrapolation;
    request->rank = rank;
    request->axis_count = axes->state == IOU_INTS_ABSENT ? rank : axes->count;
    if (request->axis_count > rank) {
        return false;
    }
    for (int i = 0; i < request->axis_count; i++) {
        int64_t axis = axes->state == IOU_INTS_ABSENT ? i : axes->values[i];
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank || seen[axis]) {
            return false;
        }
        seen[axis] = true;
        request->axes[i] = (int)axis;
    }
    return true;
}

/* NULL, or what is wrong. Needs the roi only for cropping. */
static const char *sizes_from_scales(iou_resize_request *request) {
    for (int i = 0; i < request->axis_count; i++) {
        iou_resize_axis *axis = &request->axis[request->axes[i]];
        axis->scale = request->scales.values[i];
        if (!(axis->scale > 0.0) || isinf(axis->scale)) {
            return "scales must be positive and finite";
        }
        const bool crops = request->rule.coordinates == IOU_TF_CROP;
        const double span = crops ? axis->roi_end - axis->roi_start : 1.0;
        const double out = floor((double)axis->in * span * axis->scale);
        if (!(out >= 0.0 && out <= (double)IOU_RESIZE_LARGEST)) {
            return "an output dimension must be 0 … 2^30";
        }
        axis->out = (int64_t)out;
    }
    return NULL;
}

static const char *sizes_given(iou_resize_request *request, const int64_t *sizes) {
    double best = 0.0;
    for (int i = 0; i < request->axis_count; i++) {
        iou_resize_axis *axis = &request->axis[request->axes[i]];
        if (sizes[i] < 0 || sizes[i] > IOU_RESIZE_LARGEST) {
            return "sizes must be 0 … 2^30";
        }
        const double scale = axis->in > 0 ? (double)sizes[i] / (double)axis->in : 1.0;
        const bool better = request->policy == IOU_ASPECT_NOT_LARGER ? scale < best : scale > best;
        best = i == 0 || better ? scale : best;
        axis->scale = scale;
        axis->out = sizes[i];
    }
    for (int i = 0; i < request->axis_count && request->policy != IOU_ASPECT_STRETCH; i++) {
        iou_resize_axis *axis = &request->axis[request->axes[i]];
        axis->scale = best;
        const double out = floor(best * (double)axis->in + 0.5);
        if (out > (double)IOU_RESIZE_LARGEST) {
            return "an output dimension must be 0 … 2^30";
        }
        axis->out = (int64_t)out;
    }
    return NULL;
}

const char *iou_resize_fill_sizes(iou_resize_request *request, const int64_t *dims,
                                  const iou_ints *sizes) {
    for (int i = 0; i < request->rank; i++) {
        request->axis[i] =
            (iou_resize_axis){.in = dims[i], .out = dims[i], .scale = 1.0, .roi_end = 1.0};
    }
    if (request->rule.coordinates == IOU_TF_CROP) {
        if (request->roi.state != IOU_INTS_KNOWN || request->roi.count != 2 * request->axis_count) {
            return "roi must have a start and an end for every axis";
        }
        for (int i = 0; i < request->axis_count; i++) {
            request->axis[request->axes[i]].roi_start = request->roi.values[i];
            request->axis[request->axes[i]].roi_end = request->roi.values[request->axis_count + i];
        }
    }
    const int count = request->sized ? sizes->count : request->scales.count;
    if (count != request->axis_count) {
        return "expected one scale or size for every axis";
    }
    const char *problem =
        request->sized ? sizes_given(request, sizes->values) : sizes_from_scales(request);
    for (int i = 0; i < request->rank && problem == NULL; i++) {
        if (request->axis[i].in > INT32_MAX ||
            (request->axis[i].in == 0 && request->axis[i].out > 0)) {
            problem = "an input dimension must be 1 … 2^31-1";
        }
    }
    return problem;
}

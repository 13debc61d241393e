#include "detect/preprocess/picture_pixels.h"

#include <math.h>

/* A picture's size after resizing, not yet rounded, and the factor. */
typedef struct resized {
    double width, height, factor;
} resized;

static resized resize_both(const iou_input_rule *rule, double w, double h, double first,
                           double second) {
    const double least = first < second ? first : second;
    const double factor = rule->single_factor ? (double)(float)least : least;
    return (resized){w * factor, h * factor, factor};
}

/* The short side exactly, then both down to the limit of the long one. */
static resized resize_in_turn(const iou_input_rule *rule, double w, double h) {
    const double target = (double)rule->resize_sides[0], limit = (double)rule->resize_sides[1];
    const double exact = target / (w < h ? w : h);
    const double factor = rule->single_factor ? (double)(float)exact : exact;
    resized size = {h < w ? w * factor : target, h < w ? target : h * factor, factor};
    const double larger = size.width > size.height ? size.width : size.height;
    if (larger > limit) {
        const double again = limit / larger;
        size = (resized){size.width * again, size.height * again, factor * again};
    }
    return size;
}

/* The resize rule of docs/metadata.md, in double precision. */
static resized resize_by_rule(const iou_input_rule *rule, int32_t width, int32_t height) {
    const double a = (double)rule->resize_sides[0], b = (double)rule->resize_sides[1];
    const double w = (double)width, h = (double)height;
    switch (rule->resize) {
    case IOU_INPUT_SHORT_LONG:
        return resize_both(rule, w, h, a / (w < h ? w : h), b / (w < h ? h : w));
    case IOU_INPUT_SHORT_THEN_LONG: return resize_in_turn(rule, w, h);
    case IOU_INPUT_FIT: return resize_both(rule, w, h, a / h, b / w);
    case IOU_INPUT_STRETCH: return (resized){b, a, 1.0}; /* each side has a factor of its own */
    case IOU_INPUT_NO_RESIZE: break;
    }
    return (resized){w, h, 1.0};
}

/* A side as an integer; 0 when it is beyond every limit. */
static int32_t round_side(const iou_input_rule *rule, double side) {
    const double rounded = rule->half_even ? rint(side) : side + rule->rounding;
    if (rounded > (double)IOU_MAX_SIDE) {
        return 0;
    }
    const int32_t result = (int32_t)rounded;
    return result < 1 ? 1 : result;
}

/* Pillow divides the sides, OpenCV inverts their ratio: the last bit decides some weights. */
static double sample_step(const iou_input_rule *rule, int32_t side, int32_t new_side,
                          double factor) {
    const bool inverted = rule->eight_bit && !rule->antialias;
    if (rule->step_from_factor) {
        return 1.0 / factor;
    }
    return inverted ? 1.0 / ((double)new_side / (double)side) : (double)side / (double)new_side;
}

static iou_status check_picture(const iou_picture *picture, iou_error *error) {
    IOU_FAIL_IF(!picture->data, IOU_INVALID_ARGUMENT, error, "data is null");
    IOU_FAIL_IF(picture->width < 1 || picture->height < 1 || picture->width > IOU_MAX_SIDE ||
                    picture->height > IOU_MAX_SIDE,
                IOU_INVALID_ARGUMENT, error, "expected sides from 1 to %d, found %d x %d",
                IOU_MAX_SIDE, (int)picture->width, (int)picture->height);
    const size_t pixel = iou_pixel_size(picture->format);
    IOU_FAIL_IF(pixel == 0, IOU_INVALID_ARGUMENT, error, "%d is no format of pixels",
                (int)picture->format);
    IOU_FAIL_IF(picture->stride < (size_t)picture->width * pixel, IOU_INVALID_ARGUMENT, error,
                "expected a stride of at least %zu bytes, found %zu",
                (size_t)picture->width * pixel, picture->stride);
    return IOU_OK;
}

iou_status iou_letterbox_place(iou_letterbox *letterbox, const iou_detector_params *params,
                               const iou_picture *picture, iou_error *error) {
    const iou_input_rule *rule = &params->input;
    IOU_TRY(check_picture(picture, error));
    const resized size = resize_by_rule(rule, picture->width, picture->height);
    const double factor = size.factor;
    letterbox->picture_width = picture->width;
    letterbox->picture_height = picture->height;
    letterbox->width = round_side(rule, size.width);
    letterbox->height = round_side(rule, size.height);
    IOU_FAIL_IF(letterbox->width == 0 || letterbox->height == 0, IOU_LIMIT, error,
                "%d x %d resizes beyond %d pixels a side", (int)picture->width,
                (int)picture->height, IOU_MAX_SIDE);
    const double by_width = (double)letterbox->width / (double)picture->width;
    const double by_height = (double)letterbox->height / (double)picture->height;
    letterbox->scale_x = (float)(params->box.scale_by_sizes ? by_width : factor);
    letterbox->scale_y = (float)(params->box.scale_by_sizes ? by_height : factor);
    letterbox->step_x = sample_step(rule, picture->width, letterbox->width, factor);
    letterbox->step_y = sample_step(rule, picture->height, letterbox->height, factor);
    return IOU_OK;
}

/* One side of the input: the largest of the resized pictures, padded as the rule says. */
static iou_status fit_side(int64_t *side, const iou_input_rule *rule, int64_t largest, int axis,
                           iou_error *error) {
    const int64_t multiple = rule->pad_multiple;
    const int64_t padded =
        multiple == 0 ? rule->resize_sides[axis] : (largest + multiple - 1) / multiple * multiple;
    const int64_t fixed = *side;
    const int64_t found = fixed > 0 ? fixed : padded;
    IOU_FAIL_IF(largest > found, IOU_INVALID_ARGUMENT, error,
                "pictures: expected at most %lld pixels of %s after resizing, found %lld",
                (long long)found, axis == 0 ? "height" : "width", (long long)largest);
    *side = found;
    return IOU_OK;
}

/* A centred picture has the odd pixel of padding behind it. */
static void lay_down(iou_letterbox *letterbox, const iou_network_size *network,
                     const iou_input_rule *rule) {
    const int64_t across = network->width - letterbox->width;
    const int64_t down = network->height - letterbox->height;
    letterbox->left = rule->pad_centred ? (int32_t)(across / 2) : 0;
    letterbox->top = rule->pad_centred ? (int32_t)(down / 2) : 0;
}

iou_status iou_network_size_fit(iou_network_size *network, const iou_input_rule *rule,
                                iou_letterbox *letterboxes, size_t count, iou_error *error) {
    int64_t height = 1, width = 1;
    for (size_t i = 0; i < count; i++) {
        height = letterboxes[i].height > height ? letterboxes[i].height : height;
        width = letterboxes[i].width > width ? letterboxes[i].width : width;
    }
    IOU_TRY(fit_side(&network->height, rule, height, 0, error));
    IOU_TRY(fit_side(&network->width, rule, width, 1, error));
    for (size_t i = 0; i < count; i++) {
        lay_down(&letterboxes[i], network, rule);
    }
    return IOU_OK;
}

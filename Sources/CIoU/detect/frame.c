#include "detect/preprocess.h"

/* The resize factor of docs/metadata.md, in double precision. */
static double resize_factor(const iou_input_rule *rule, int32_t width, int32_t height) {
    const double a = (double)rule->resize_sides[0], b = (double)rule->resize_sides[1];
    const double w = (double)width, h = (double)height;
    double first, second;
    switch (rule->resize) {
    case IOU_RESIZE_SHORT_LONG:
        first = a / (w < h ? w : h);
        second = b / (w < h ? h : w);
        return first < second ? first : second;
    case IOU_RESIZE_FIT:
        first = a / h;
        second = b / w;
        return first < second ? first : second;
    case IOU_RESIZE_NONE: break;
    }
    return 1.0;
}

/* A side after resizing; 0 when it is beyond every limit. */
static int32_t resize_side(const iou_input_rule *rule, int32_t side, double factor) {
    const double wanted = (double)side * factor + rule->rounding;
    if (wanted > (double)IOU_MAX_SIDE) {
        return 0;
    }
    const int32_t result = (int32_t)wanted;
    return result < 1 ? 1 : result;
}

static iou_status check_picture(const iou_picture *picture, iou_error *error) {
    IOU_FAIL_IF(!picture->data, IOU_INVALID_ARGUMENT, error, "data is null");
    IOU_FAIL_IF(picture->width < 1 || picture->height < 1 || picture->width > IOU_MAX_SIDE ||
                    picture->height > IOU_MAX_SIDE,
                IOU_INVALID_ARGUMENT, error, "wanted sides from 1 to %d, found %d x %d",
                IOU_MAX_SIDE, (int)picture->width, (int)picture->height);
    IOU_FAIL_IF(picture->stride < (size_t)picture->width * 3, IOU_INVALID_ARGUMENT, error,
                "wanted a stride of at least %zu bytes, found %zu", (size_t)picture->width * 3,
                picture->stride);
    return IOU_OK;
}

iou_status iou_frame_place(iou_frame *frame, const iou_detector_params *params,
                           const iou_picture *picture, iou_error *error) {
    const iou_input_rule *rule = &params->input;
    IOU_TRY(check_picture(picture, error));
    const double factor = resize_factor(rule, picture->width, picture->height);
    frame->width = resize_side(rule, picture->width, factor);
    frame->height = resize_side(rule, picture->height, factor);
    IOU_FAIL_IF(frame->width == 0 || frame->height == 0, IOU_LIMIT, error,
                "%d x %d resizes beyond %d pixels a side", (int)picture->width,
                (int)picture->height, IOU_MAX_SIDE);
    const double by_width = (double)frame->width / (double)picture->width;
    const double by_height = (double)frame->height / (double)picture->height;
    frame->scale_x = (float)(params->box.scale_by_sizes ? by_width : factor);
    frame->scale_y = (float)(params->box.scale_by_sizes ? by_height : factor);
    frame->step_x = 1.0 / (rule->step_from_factor ? factor : by_width);
    frame->step_y = 1.0 / (rule->step_from_factor ? factor : by_height);
    return IOU_OK;
}

/* One side of the canvas: the largest of the frames, padded as the rule says. */
static iou_status fit_side(int64_t *side, const iou_input_rule *rule, int64_t largest, int axis,
                           iou_error *error) {
    const int64_t multiple = rule->pad_multiple;
    const int64_t wanted =
        multiple == 0 ? rule->resize_sides[axis] : (largest + multiple - 1) / multiple * multiple;
    const int64_t fixed = *side;
    const int64_t found = fixed > 0 ? fixed : wanted;
    IOU_FAIL_IF(largest > found, IOU_INVALID_ARGUMENT, error,
                "pictures: wanted at most %lld pixels of %s after resizing, found %lld",
                (long long)found, axis == 0 ? "height" : "width", (long long)largest);
    *side = found;
    return IOU_OK;
}

iou_status iou_canvas_fit(iou_canvas *canvas, const iou_input_rule *rule, const iou_frame *frames,
                          size_t count, iou_error *error) {
    int64_t height = 1, width = 1;
    for (size_t i = 0; i < count; i++) {
        height = frames[i].height > height ? frames[i].height : height;
        width = frames[i].width > width ? frames[i].width : width;
    }
    IOU_TRY(fit_side(&canvas->height, rule, height, 0, error));
    return fit_side(&canvas->width, rule, width, 1, error);
}

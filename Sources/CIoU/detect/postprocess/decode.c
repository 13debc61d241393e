#include "detect/postprocess/level_view.h"

#include <math.h>

static float clamp(float value, float low, float high) {
    return value < low ? low : value > high ? high : value; /* NaN stays */
}

/* One axis of docs/metadata.md's decoding. */
static void decode_axis(float *low, float *high, float near, float far, float shift, float size,
                        const iou_box_rule *rule) {
    const float length = far - near + rule->pixel;
    const float centre = (near + far) * 0.5f;
    const float g = shift * length + centre;
    const float half = expf(clamp(size, rule->clamp_low, rule->clamp_high)) * length * 0.5f;
    *low = g - half + rule->half_pixel;
    *high = g + half - rule->half_pixel;
}

bool iou_clip_in_network(float box[4], const iou_level_view *view) {
    bool finite = true;
    for (size_t k = 0; k < 4; k++) {
        const bool across = k % 2 == 0;
        box[k] = clamp(box[k], across ? view->clip_left : view->clip_top,
                       across ? view->clip_right : view->clip_bottom);
        finite = finite && isfinite(box[k]);
    }
    return finite;
}

bool iou_decode_box(float box[4], const iou_level_view *view, const iou_detector_params *params,
                    size_t level, size_t anchor) {
    if (iou_rows_are_listed(&params->rows)) {
        return iou_row_box(box, view, &params->rows, anchor);
    }
    const iou_box_rule *rule = &params->box;
    const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
    const float *at = view->box + cell * view->box_cell + a * 4 * view->channel;
    const float *base = params->anchors + (level * params->anchor_count + a) * 4;
    const float x = (float)(cell % view->width) * view->stride_x;
    const float y = (float)(cell / view->width) * view->stride_y;
    float delta[4];
    for (size_t k = 0; k < 4; k++) {
        delta[k] = at[k * view->channel] * rule->stds[k] + rule->means[k];
    }
    decode_axis(&box[0], &box[2], base[0] + x, base[2] + x, delta[0], delta[2], rule);
    decode_axis(&box[1], &box[3], base[1] + y, base[3] + y, delta[1], delta[3], rule);
    return iou_clip_in_network(box, view);
}

void iou_return_box(float box[4], const iou_letterbox *letterbox) {
    const float left = (float)letterbox->left, top = (float)letterbox->top;
    box[0] = (box[0] - left) / letterbox->scale_x;
    box[1] = (box[1] - top) / letterbox->scale_y;
    box[2] = (box[2] - left) / letterbox->scale_x;
    box[3] = (box[3] - top) / letterbox->scale_y;
}

bool iou_clip_to_picture(float box[4], const iou_letterbox *letterbox, const iou_box_rule *rule) {
    const float right = (float)letterbox->picture_width - rule->clip_margin;
    const float bottom = (float)letterbox->picture_height - rule->clip_margin;
    for (size_t k = 0; k < 4; k++) {
        box[k] = clamp(box[k], 0.0f, k % 2 == 0 ? right : bottom);
    }
    return box[2] - box[0] + rule->pixel > 0.0f && box[3] - box[1] + rule->pixel > 0.0f;
}

#include "detect/postprocess/level_view.h"

#include <math.h>

/* An empty map has no cell whose stride is needed. */
static float stride_from_map(int64_t input, int64_t map) {
    return map > 0 ? (float)(input / map) : 0.0f;
}

void iou_level_view_clip(iou_level_view *view, const iou_heads *heads, const iou_head_level *map,
                         const iou_box_rule *rule, const iou_letterbox *letterbox) {
    view->clip_left = 0.0f;
    view->clip_top = 0.0f;
    switch (rule->clip_last ? IOU_CLIP_NONE : rule->clip) {
    case IOU_CLIP_IMAGE:
        view->clip_left = (float)letterbox->left;
        view->clip_top = (float)letterbox->top;
        view->clip_right = (float)(letterbox->left + letterbox->width);
        view->clip_bottom = (float)(letterbox->top + letterbox->height);
        break;
    case IOU_CLIP_PADDED:
        view->clip_right = (float)heads->width;
        view->clip_bottom = (float)heads->height;
        break;
    case IOU_CLIP_GRID:
        view->clip_right = (float)map->width * view->stride_x;
        view->clip_bottom = (float)map->height * view->stride_y;
        break;
    case IOU_CLIP_NONE:
        view->clip_left = -INFINITY;
        view->clip_top = -INFINITY;
        view->clip_right = INFINITY;
        view->clip_bottom = INFINITY;
        break;
    }
    view->clip_right -= rule->clip_margin;
    view->clip_bottom -= rule->clip_margin;
}

iou_level_view iou_level_view_make(const iou_heads *heads, size_t image, size_t level,
                                   const iou_detector_params *params,
                                   const iou_letterbox *letterbox) {
    const iou_head_level *map = &heads->levels[level];
    const size_t anchors = params->anchor_count;
    const size_t cells = (size_t)map->height * (size_t)map->width;
    const size_t classes = anchors * params->channel_count;
    const bool last = params->channels_last, from_maps = params->strides_from_maps;
    const float stride = params->strides[level];
    iou_level_view view = {
        .cls = map->cls + image * cells * classes,
        .box = map->box + image * cells * anchors * 4,
        .iou = map->iou ? map->iou + image * cells * anchors : NULL,
        .objectness = map->objectness ? map->objectness + image * cells * anchors : NULL,
        .cells = cells,
        .width = (size_t)map->width,
        .cls_cell = last ? classes : 1,
        .box_cell = last ? anchors * 4 : 1,
        .one_cell = last ? anchors : 1,
        .channel = last ? 1 : cells,
        .stride_x = from_maps ? stride_from_map(heads->width, map->width) : stride,
        .stride_y = from_maps ? stride_from_map(heads->height, map->height) : stride,
    };
    iou_level_view_clip(&view, heads, map, &params->box, letterbox);
    return view;
}

#include "detect/postprocess/true_iou.h"

#include "detect/postprocess/level_view.h"
#include "detect/postprocess/overlap.h"

/* A box that is not finite is never reported. */
static float true_iou(const iou_level_view *view, const iou_detector_params *params, size_t level,
                      size_t anchor, const iou_letterbox *letterbox, const iou_truth *truth) {
    float box[4], best = 0.0f;
    if (!iou_decode_box(box, view, params, level, anchor)) {
        return best;
    }
    iou_return_box(box, letterbox);
    if (params->box.clip_last) {
        (void)iou_clip_to_picture(box, letterbox, &params->box);
    }
    for (size_t i = 0; i < truth->count; i++) {
        const float found = iou_box_overlap(box, truth->boxes[i], params->box.pixel);
        best = found > best ? found : best;
    }
    return best;
}

static size_t anchors_of(const iou_head_level *map, const iou_detector_params *params) {
    return (size_t)map->height * (size_t)map->width * params->anchor_count;
}

static void fill_map(float *map, const iou_heads *heads, size_t image, size_t level,
                     const iou_detector_params *params, const iou_letterbox *letterbox,
                     const iou_truth *truth) {
    const iou_level_view view = iou_level_view_make(heads, image, level, params, letterbox);
    for (size_t anchor = 0; anchor < view.cells * params->anchor_count; anchor++) {
        const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
        map[cell * view.one_cell + a * view.channel] =
            true_iou(&view, params, level, anchor, letterbox, truth);
    }
}

iou_status iou_true_iou_maps(iou_heads *heads, iou_detector_params *params,
                             const iou_letterbox *letterboxes, const iou_truth *truths,
                             size_t count, iou_buffer *memory, iou_error *error) {
    size_t anchors = 0; /* of a picture: their maps are in memory, and these are smaller */
    for (size_t level = 0; level < params->level_count; level++) {
        anchors += anchors_of(&heads->levels[level], params);
    }
    IOU_TRY(iou_buffer_reserve(memory, anchors * count, sizeof(float), error));
    float *at = memory->data;
    for (size_t level = 0; level < params->level_count; level++) {
        iou_head_level *map = &heads->levels[level];
        const size_t size = anchors_of(map, params);
        for (size_t image = 0; image < count; image++) {
            fill_map(at + image * size, heads, image, level, params, &letterboxes[image],
                     &truths[image]);
        }
        map->iou = at;
        at += size * count;
    }
    params->iou_names = params->cls_names; /* any: they are not requested again */
    params->iou_is_probability = true;
    return IOU_OK;
}

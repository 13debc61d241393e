/* From candidates to the detections that a caller gets. */
#include "detect/nms.h"
#include "detect/picture_job.h"

static float limit(float value, float high) {
    return value < 0.0f ? 0.0f : value > high ? high : value;
}

/* Clips a box to the picture; false where nothing is left of it. */
static bool clip_to_picture(float box[4], const iou_frame *frame, const iou_box_rule *rule) {
    const float right = (float)frame->picture_width - rule->clip_margin;
    const float bottom = (float)frame->picture_height - rule->clip_margin;
    for (size_t k = 0; k < 4; k++) {
        box[k] = limit(box[k], k % 2 == 0 ? right : bottom);
    }
    return box[2] - box[0] + rule->pixel > 0.0f && box[3] - box[1] + rule->pixel > 0.0f;
}

/* What suppression does not know of a detection. */
static void complete(const iou_picture_job *job, const iou_slot *slot, iou_detection *detection) {
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[slot->level];
    const size_t channel = params->class_channels[detection->label];
    const float *values = iou_anchor_classes(view, params, slot->anchor);
    const float value = values[channel * view->channel];
    detection->probability = iou_fusion_probability(&job->fusion, value);
    detection->iou = slot->iou;
    if (params->box.nms_in_network) {
        iou_return_box(detection->box, job->frame);
    }
}

/* Completes `count` detections; returns how many are left after the last clip. */
static size_t finish(const iou_picture_job *job, const uint32_t *kept, iou_detection *out,
                     size_t count) {
    const iou_box_rule *rule = &job->params->box;
    const iou_slot *slots = job->scratch->slots.data;
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        iou_detection detection = out[i];
        complete(job, &slots[kept[i]], &detection);
        if (!rule->clip_last || clip_to_picture(detection.box, job->frame, rule)) {
            out[left++] = detection;
        }
    }
    return left;
}

iou_status iou_report_best(iou_picture_job *job, const iou_detect_wishes *wishes,
                           iou_detection *out, size_t *count, iou_error *error) {
    const iou_detector_params *params = job->params;
    const size_t wanted = (size_t)wishes->max_detections;
    const size_t pairs = job->slot_count * params->class_count;
    const size_t max = pairs < wanted ? pairs : wanted;
    iou_buffer *chains = &job->scratch->chains;
    IOU_TRY(iou_buffer_reserve(chains, params->class_count + 2 * max, sizeof(int32_t), error));
    int32_t *heads = chains->data;
    const iou_nms nms = {
        .class_count = params->class_count,
        .max = max,
        .threshold = wishes->nms_threshold,
        .pixel = params->box.pixel,
        .inclusive = params->nms_inclusive,
        .together = params->nms_together,
        .heads = heads,
        .next = heads + params->class_count,
        .kept = (uint32_t *)(heads + params->class_count + max),
    };
    iou_pair_queue queue = iou_pair_queue_make(job);
    size_t found;
    IOU_TRY(iou_nms_run(&nms, &queue, out, &found, error));
    *count = finish(job, nms.kept, out, found);
    return IOU_OK;
}

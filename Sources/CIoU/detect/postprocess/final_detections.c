/* From candidates to the detections that a caller gets. */
#include "detect/postprocess/nms.h"

#include "core/sizes.h"
#include "detect/preprocess/picture_job.h"

enum { NMS_LONG = 1024, NMS_COLUMNS = 512, NMS_CHAINS = 1 << 18 };

/* What suppression does not know of a detection. */
static void complete(const iou_picture_job *job, const iou_candidate *candidate,
                     iou_detection *detection) {
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[candidate->level];
    const size_t channel = params->class_channels[detection->label];
    if (view->cls) {
        const float *values = iou_anchor_classes(view, params, candidate->anchor);
        const float value = values[channel * view->channel];
        detection->probability = iou_fusion_probability(&job->fusion, value);
    } else {
        detection->probability = detection->score; /* a row's own score */
    }
    detection->iou = candidate->iou;
    if (params->box.nms_in_network) {
        iou_return_box(detection->box, job->letterbox);
    }
}

/* Completes `count` detections; returns how many are left after the last clip. */
static size_t finish(const iou_picture_job *job, const uint32_t *kept, iou_detection *out,
                     size_t count) {
    const iou_box_rule *rule = &job->params->box;
    const iou_candidate *candidates = job->scratch->candidates.data;
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        iou_detection detection = out[i];
        complete(job, &candidates[kept[i]], &detection);
        if (!rule->clip_last || iou_clip_to_picture(detection.box, job->letterbox, rule)) {
            out[left++] = detection;
        }
    }
    return left;
}

/* Long chains are cut into columns; for few boxes they cost more than they save. */
static size_t nms_columns(size_t classes, size_t max) {
    const size_t room = NMS_CHAINS / classes;
    return max < NMS_LONG || room == 0 ? 1 : iou_size_min(room, NMS_COLUMNS);
}

iou_status iou_final_detections(iou_picture_job *job, const iou_detect_settings *settings,
                                iou_detection *out, size_t *count, iou_error *error) {
    const iou_detector_params *params = job->params;
    const size_t requested = (size_t)settings->max_detections;
    const size_t pairs = job->candidate_count * params->class_count;
    const size_t max = pairs < requested ? pairs : requested;
    iou_buffer *chains = &job->scratch->chains;
    const size_t classes = params->class_count, columns = nms_columns(classes, max);
    IOU_TRY(iou_buffer_reserve(chains, classes * (columns + 1) + 2 * max, sizeof(int32_t), error));
    int32_t *heads = chains->data, *spans = heads + classes * columns, *next = spans + classes;
    const iou_letterbox *letterbox = job->letterbox;
    const iou_nms nms = {
        .class_count = params->class_count,
        .max = max,
        .threshold = settings->nms_threshold,
        .pixel = params->box.pixel,
        .inclusive = params->nms_inclusive,
        .together = params->nms_together,
        .columns = columns,
        .width = (float)(params->box.nms_in_network ? letterbox->width : letterbox->picture_width),
        .heads = heads,
        .spans = spans,
        .next = next,
        .kept = (uint32_t *)(next + max),
    };
    iou_pair_queue queue = iou_pair_queue_make(job);
    size_t found;
    IOU_TRY(iou_nms_run(&nms, &queue, out, &found, error));
    *count = finish(job, nms.kept, out, found);
    return IOU_OK;
}

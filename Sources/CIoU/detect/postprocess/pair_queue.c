#include "detect/postprocess/pair_queue.h"

#include "detect/postprocess/rank_key.h"

#include <math.h>

iou_pair_queue iou_pair_queue_make(const iou_picture_job *job) {
    const iou_pair_queue queue = {.job = job,
                                  .candidates = job->scratch->candidates.data,
                                  .waiting = job->scratch->queue.data,
                                  .waiting_count = job->waiting_count,
                                  .pair_count = job->pair_count};
    iou_heap_make(queue.waiting, queue.waiting_count);
    iou_heap_make(job->scratch->pairs.data, queue.pair_count);
    return queue;
}

/* The class with the largest value, the lowest among equal ones. */
static size_t best_class(const iou_detector_params *params, const float *values, size_t step) {
    size_t best = 0;
    float largest = -INFINITY;
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * step];
        if (value > largest) {
            largest = value;
            best = c;
        }
    }
    return best;
}

/* Adds the pairs whose pre-NMS score passes and, where pairs are chosen, is among those. */
static void add_pairs(iou_pair_queue *queue, const iou_candidate *candidate, uint32_t order) {
    const iou_picture_job *job = queue->job;
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[candidate->level];
    const size_t cell = candidate->anchor / params->anchor_count;
    const size_t a = candidate->anchor % params->anchor_count;
    const float *values = iou_anchor_classes(view, params, candidate->anchor);
    const float pre_nms_weight = iou_fusion_weight(&job->pre_nms, view, cell, a);
    const float weight =
        params->fuse_last ? iou_fusion_weight(&job->fusion, view, cell, a) : pre_nms_weight;
    const uint32_t pair =
        (uint32_t)(candidate->anchor * params->class_count); /* unless it fits: unused */
    const bool one = params->rows.best_class;
    const size_t first = one ? best_class(params, values, view->channel) : 0;
    const size_t end = one ? first + 1 : params->class_count;
    for (size_t c = first; c < end; c++) {
        const float value = values[params->class_channels[c] * view->channel];
        if (value < job->cut) {
            continue;
        }
        const float p = iou_fusion_probability(&job->pre_nms, value);
        const float pre_nms_score = iou_fusion_score(&job->pre_nms, p, pre_nms_weight);
        if (!iou_fusion_passes(&job->pre_nms, pre_nms_score) ||
            iou_rank_key(pre_nms_score, pair + (uint32_t)c) < job->least_pair[candidate->level]) {
            continue;
        }
        const float score =
            params->fuse_last ? iou_fusion_score(&job->fusion, p, weight) : pre_nms_score;
        if (score == score) {
            iou_heap_add(job->scratch->pairs.data, &queue->pair_count,
                         iou_rank_key(score, order + (uint32_t)c));
        }
    }
}

/* Opens the best candidate that waits. A box that is not finite has no pairs. */
static iou_status open_candidate(iou_pair_queue *queue, iou_error *error) {
    const iou_picture_job *job = queue->job;
    const iou_detector_params *params = job->params;
    const uint32_t order = iou_key_order(iou_heap_take(queue->waiting, &queue->waiting_count));
    iou_candidate *candidate = &queue->candidates[order / params->class_count];
    const iou_level_view *view = &job->views[candidate->level];
    if (!iou_decode_box(candidate->box, view, params, candidate->level, candidate->anchor)) {
        return IOU_OK;
    }
    if (!params->box.nms_in_network) {
        iou_return_box(candidate->box, job->letterbox);
    }
    candidate->iou =
        iou_fusion_quality(&job->fusion, view, candidate->anchor / params->anchor_count,
                           candidate->anchor % params->anchor_count);
    IOU_TRY(iou_buffer_extend(&job->scratch->pairs, queue->pair_count + params->class_count,
                              sizeof(uint64_t), error));
    add_pairs(queue, candidate, order);
    return IOU_OK;
}

iou_status iou_pair_queue_take(iou_pair_queue *queue, uint64_t *key, iou_error *error) {
    const iou_buffer *pairs = &queue->job->scratch->pairs;
    while (queue->waiting_count > 0 &&
           (queue->pair_count == 0 || queue->waiting[0] > ((uint64_t *)pairs->data)[0])) {
        IOU_TRY(open_candidate(queue, error));
    }
    *key = queue->pair_count > 0 ? iou_heap_take(pairs->data, &queue->pair_count) : 0;
    return IOU_OK;
}

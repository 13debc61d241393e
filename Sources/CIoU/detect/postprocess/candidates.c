/* From ranked anchors to candidates, and the queue of what each of them has at best. */
#include "detect/preprocess/picture_job.h"
#include "detect/postprocess/rank_key.h"

#include <math.h>

static float largest_value(const iou_level_view *view, const iou_detector_params *params,
                           size_t anchor) {
    const float *values = iou_anchor_classes(view, params, anchor);
    float best = -INFINITY;
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * view->channel];
        best = value > best ? value : best;
    }
    return best;
}

/* The best score of an anchor whose best pre-NMS score is known; may be NaN, of a q that the
 * pre-NMS score leaves out. */
static float best_score(const iou_picture_job *job, const iou_level_view *view, size_t anchor,
                        float pre_nms_score) {
    const iou_detector_params *params = job->params;
    if (!params->fuse_last) {
        return pre_nms_score;
    }
    const float weight = iou_fusion_weight(&job->fusion, view, anchor / params->anchor_count,
                                           anchor % params->anchor_count);
    const float value = largest_value(view, params, anchor);
    return iou_fusion_score(&job->fusion, iou_fusion_probability(&job->fusion, value), weight);
}

/* Anchors whose pairs all fell to top-k are no candidates. */
static void add_candidates(iou_picture_job *job, size_t level) {
    const size_t classes = job->params->class_count;
    const iou_level_ranks ranks = job->ranks[level];
    iou_candidate *candidates = job->scratch->candidates.data;
    uint64_t *queue = job->scratch->queue.data;
    for (size_t i = 0; i < ranks.count; i++) {
        const uint32_t anchor = iou_key_order(ranks.keys[i]);
        const float pre_nms_score = iou_key_score(ranks.keys[i]);
        const float score = best_score(job, &job->views[level], anchor, pre_nms_score);
        if (score == score &&
            iou_pair_bound(ranks.keys[i], anchor, classes) >= job->least_pair[level]) {
            candidates[job->candidate_count] =
                (iou_candidate){.level = (uint32_t)level, .anchor = anchor};
            queue[job->candidate_count] =
                iou_rank_key(score, (uint32_t)(job->candidate_count * classes));
            job->candidate_count++;
        }
    }
}

iou_status iou_choose_candidates(iou_picture_job *job, iou_error *error) {
    const iou_detector_params *params = job->params;
    size_t all = 0;
    for (size_t level = 0; level < params->level_count; level++) {
        all += job->ranks[level].count;
        if (params->topk_pairs) {
            IOU_TRY(iou_choose_pairs(job, level, &job->least_pair[level], error));
        }
    }
    IOU_FAIL_IF(all > UINT32_MAX / params->class_count, IOU_LIMIT, error,
                "detector: %zu candidates of %zu classes are too many; use a lower iou.topk", all,
                params->class_count);
    IOU_TRY(iou_buffer_reserve(&job->scratch->candidates, all, sizeof(iou_candidate), error));
    IOU_TRY(iou_buffer_reserve(&job->scratch->queue, all, sizeof(uint64_t), error));
    for (size_t level = 0; level < params->level_count; level++) {
        add_candidates(job, level);
    }
    job->waiting_count = job->candidate_count;
    return IOU_OK;
}

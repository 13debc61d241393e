/* From ranked anchors to decoded boxes and the classes that they are candidates of. */
#include "detect/picture_job.h"
#include "detect/rank_key.h"

/* The best anchors of a level; an anchor's order is its number. */
static iou_status choose_anchors(iou_picture_job *job, size_t level, iou_level_choice *choice,
                                 iou_error *error) {
    const float *ranks = job->ranks + job->first[level];
    const size_t anchors = job->views[level].cells * job->params->anchor_count;
    const size_t topk = job->params->topk;
    IOU_TRY(iou_buffer_reserve(&job->scratch->keys, anchors, sizeof(uint64_t), error));
    uint64_t *keys = job->scratch->keys.data;
    size_t count = 0;
    for (size_t i = 0; i < anchors; i++) {
        keys[count] = iou_rank_key(ranks[i], (uint32_t)i);
        count += ranks[i] >= 0.0f;
    }
    choice->count = topk > 0 && count > topk ? topk : count;
    choice->least = choice->count < count ? iou_select_kth(keys, count, topk) : 0;
    return IOU_OK;
}

/*
 * Adds the classes of an anchor whose gate passes and, where pairs are chosen, is among the chosen
 * ones; its slot is the newest.
 */
static void add_classes(iou_picture_job *job, const iou_level_view *view, size_t anchor,
                        uint64_t least_pair) {
    const iou_detector_params *params = job->params;
    const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
    const float *values = iou_anchor_classes(view, params, anchor);
    const float gate_weight = iou_fusion_weight(&job->gate, view, cell, a);
    const float weight =
        params->fuse_last ? iou_fusion_weight(&job->fusion, view, cell, a) : gate_weight;
    const uint32_t order = (uint32_t)(job->slot_count * params->class_count);
    const uint32_t pair = (uint32_t)(anchor * params->class_count); /* unused unless it fits */
    uint64_t *candidates = job->scratch->candidates.data;
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * view->channel];
        if (value < job->cut) {
            continue;
        }
        const float p = iou_fusion_probability(&job->gate, value);
        const float gate = iou_fusion_score(&job->gate, p, gate_weight);
        if (!iou_fusion_passes(&job->gate, gate) ||
            iou_rank_key(gate, pair + (uint32_t)c) < least_pair) {
            continue;
        }
        const float score = params->fuse_last ? iou_fusion_score(&job->fusion, p, weight) : gate;
        if (score == score) {
            candidates[job->candidate_count++] = iou_rank_key(score, order + (uint32_t)c);
        }
    }
}

static void add_anchor(iou_picture_job *job, size_t level, size_t anchor, uint64_t least_pair) {
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[level];
    iou_slot *slot = (iou_slot *)job->scratch->slots.data + job->slot_count;
    if (!iou_decode_box(slot->box, view, params, level, anchor)) {
        return;
    }
    if (!params->box.nms_in_network) {
        iou_return_box(slot->box, job->frame);
    }
    slot->iou = iou_fusion_quality(&job->fusion, view, anchor / params->anchor_count,
                                   anchor % params->anchor_count);
    slot->level = (uint32_t)level;
    slot->anchor = (uint32_t)anchor;
    const size_t before = job->candidate_count;
    add_classes(job, view, anchor, least_pair);
    job->slot_count += job->candidate_count > before;
}

/* Room for a level's candidates before they are added. */
static iou_status reserve_level(iou_picture_job *job, size_t slots, size_t candidates,
                                iou_error *error) {
    const size_t classes = job->params->class_count;
    const size_t all = job->slot_count + slots;
    IOU_FAIL_IF(all > UINT32_MAX / classes, IOU_LIMIT, error,
                "detector: %zu candidates of %zu classes are too many; wanted a lower iou.topk",
                all, classes);
    IOU_TRY(iou_buffer_reserve(&job->scratch->slots, all, sizeof(iou_slot), error));
    return iou_buffer_reserve(&job->scratch->candidates, job->candidate_count + candidates,
                              sizeof(uint64_t), error);
}

static iou_status collect_anchors(iou_picture_job *job, size_t level, iou_error *error) {
    const float *ranks = job->ranks + job->first[level];
    iou_level_choice choice;
    IOU_TRY(choose_anchors(job, level, &choice, error));
    IOU_TRY(reserve_level(job, choice.count, choice.count * job->params->class_count, error));
    for (size_t i = 0; choice.count > 0; i++) {
        if (ranks[i] >= 0.0f && iou_rank_key(ranks[i], (uint32_t)i) >= choice.least) {
            add_anchor(job, level, i, 0);
            choice.count--;
        }
    }
    return IOU_OK;
}

/* Chosen pairs are found again by their keys, anchor by anchor, as slots are. */
static iou_status collect_pairs(iou_picture_job *job, size_t level, iou_error *error) {
    const float *ranks = job->ranks + job->first[level];
    const size_t anchors = job->views[level].cells * job->params->anchor_count;
    iou_level_choice choice;
    IOU_TRY(iou_choose_pairs(job, level, &choice, error));
    const size_t slots = choice.count < anchors ? choice.count : anchors;
    IOU_TRY(reserve_level(job, slots + 1, choice.count, error)); /* one is tried before it counts */
    const float least = iou_key_score(choice.least);
    for (size_t i = 0; choice.count > 0 && i < anchors; i++) {
        if (ranks[i] >= 0.0f && ranks[i] >= least) {
            add_anchor(job, level, i, choice.least);
        }
    }
    return IOU_OK;
}

iou_status iou_collect_candidates(iou_picture_job *job, iou_error *error) {
    const bool pairs = job->params->topk_pairs;
    for (size_t level = 0; level < job->params->level_count; level++) {
        IOU_TRY(pairs ? collect_pairs(job, level, error) : collect_anchors(job, level, error));
    }
    return IOU_OK;
}

/*
 * The best pairs of an anchor and a class on one level. They belong to its best anchors: each of
 * those has at least one pair that outranks whatever a worse anchor has. Pairs gather in a buffer,
 * the best anchor's first; whenever it is full, all but the best leave it, and what is worse than
 * those is not let in again.
 */
#include "detect/preprocess/picture_job.h"
#include "detect/postprocess/rank_key.h"

#include <string.h>

enum { SMALLEST_BUFFER = 4096 }; /* pairs; a selection among fewer is not worth its call */

typedef struct pair_sieve {
    const iou_fusion *pre_nms;
    uint64_t *keys;
    size_t capacity, count, topk;
    uint64_t least;
    float cut; /* a class value below it cannot reach `least` */
} pair_sieve;

static void keep_best(pair_sieve *sieve) {
    sieve->least = iou_select_kth(sieve->keys, sieve->count, sieve->topk);
    sieve->count = sieve->topk;
    const float cut = iou_fusion_cut(sieve->pre_nms, iou_key_score(sieve->least));
    sieve->cut = cut > sieve->cut ? cut : sieve->cut;
}

static void add_pair(pair_sieve *sieve, uint64_t key) {
    if (sieve->count == sieve->capacity) {
        keep_best(sieve);
    }
    if (key >= sieve->least) {
        sieve->keys[sieve->count++] = key;
    }
}

static void add_anchor(pair_sieve *sieve, const iou_level_view *view,
                       const iou_detector_params *params, size_t anchor) {
    const float *values = iou_anchor_classes(view, params, anchor);
    const float weight = iou_fusion_weight(sieve->pre_nms, view, anchor / params->anchor_count,
                                           anchor % params->anchor_count);
    const uint32_t order = (uint32_t)(anchor * params->class_count);
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * view->channel];
        if (value < sieve->cut) {
            continue;
        }
        const float p = iou_fusion_probability(sieve->pre_nms, value);
        const float score = iou_fusion_score(sieve->pre_nms, p, weight);
        if (iou_fusion_passes(sieve->pre_nms, score)) {
            add_pair(sieve, iou_rank_key(score, order + (uint32_t)c));
        }
    }
}

/* Adds pairs of the anchors in a heap until the best anchor left cannot have one of the best. */
static void add_anchors(pair_sieve *sieve, const iou_level_view *view,
                        const iou_detector_params *params, uint64_t *anchors, size_t count) {
    iou_heap_make(anchors, count);
    while (count > 0) {
        const uint64_t key = iou_heap_take(anchors, &count);
        const uint32_t anchor = iou_key_order(key);
        if (iou_pair_bound(key, anchor, params->class_count) < sieve->least) {
            return;
        }
        add_anchor(sieve, view, params, anchor);
    }
}

/* The worst of the `topk` best pairs, of which there are more. */
static iou_status least_of_best(iou_picture_job *job, size_t level, size_t topk, uint64_t *least,
                                iou_error *error) {
    const iou_level_ranks ranks = job->ranks[level];
    iou_buffer *spare = &job->scratch->spare;
    const size_t capacity = topk > SMALLEST_BUFFER / 2 ? 2 * topk : SMALLEST_BUFFER;
    IOU_TRY(iou_buffer_reserve(spare, ranks.count + capacity, sizeof(uint64_t), error));
    uint64_t *anchors = spare->data;
    memcpy(anchors, ranks.keys, ranks.count * sizeof *anchors);
    pair_sieve sieve = {.pre_nms = &job->pre_nms,
                        .keys = anchors + ranks.count,
                        .capacity = capacity,
                        .topk = topk,
                        .cut = job->cut};
    add_anchors(&sieve, &job->views[level], job->params, anchors, ranks.count);
    if (sieve.count > topk) {
        keep_best(&sieve);
    }
    *least = sieve.least;
    return IOU_OK;
}

iou_status iou_choose_pairs(iou_picture_job *job, size_t level, uint64_t *least, iou_error *error) {
    const iou_detector_params *params = job->params;
    const size_t anchors = job->views[level].cells * params->anchor_count;
    IOU_FAIL_IF(anchors > UINT32_MAX / params->class_count, IOU_LIMIT, error,
                "detector: %zu anchors of %zu classes are too many for iou.topk.unit pairs",
                anchors, params->class_count);
    *least = 0;
    const bool all =
        params->topk == 0 || params->topk >= job->ranks[level].count * params->class_count;
    return all ? IOU_OK : least_of_best(job, level, params->topk, least, error);
}

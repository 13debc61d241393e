/*
 * The best pairs of an anchor and a class on one level. They belong to its best anchors: each of
 * those has at least one pair that outranks whatever a worse anchor has. Pairs gather in a buffer;
 * whenever it is full, all but the best leave it, and what is worse than those is not let in again.
 */
#include "detect/picture_job.h"
#include "detect/rank_key.h"

enum { SMALLEST_BUFFER = 4096 }; /* pairs; a selection among fewer is not worth its call */

typedef struct pair_sieve {
    const iou_fusion *gate;
    uint64_t *keys;
    size_t capacity, count, wanted;
    uint64_t least;
    float cut; /* a class value below it cannot reach `least` */
} pair_sieve;

static void keep_best(pair_sieve *sieve) {
    sieve->least = iou_select_kth(sieve->keys, sieve->count, sieve->wanted);
    sieve->count = sieve->wanted;
    const float cut = iou_fusion_cut(sieve->gate, iou_key_score(sieve->least));
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
    const float weight = iou_fusion_weight(sieve->gate, view, anchor / params->anchor_count,
                                           anchor % params->anchor_count);
    const uint32_t order = (uint32_t)(anchor * params->class_count);
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * view->channel];
        if (value < sieve->cut) {
            continue;
        }
        const float p = iou_fusion_probability(sieve->gate, value);
        const float score = iou_fusion_score(sieve->gate, p, weight);
        if (iou_fusion_passes(sieve->gate, score)) {
            add_pair(sieve, iou_rank_key(score, order + (uint32_t)c));
        }
    }
}

iou_status iou_choose_pairs(iou_picture_job *job, size_t level, uint64_t *least,
                            iou_error *error) {
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[level];
    const iou_level_ranks ranks = job->ranks[level];
    const size_t anchors = view->cells * params->anchor_count;
    IOU_FAIL_IF(anchors > UINT32_MAX / params->class_count, IOU_LIMIT, error,
                "detector: %zu anchors of %zu classes are too many for iou.topk.unit pairs",
                anchors, params->class_count);
    *least = 0;
    const size_t pairs = ranks.count * params->class_count;
    if (params->topk == 0 || params->topk >= pairs) {
        return IOU_OK;
    }
    const size_t twice = 2 * params->topk;
    const size_t capacity = twice > SMALLEST_BUFFER ? twice : SMALLEST_BUFFER;
    pair_sieve sieve = {.gate = &job->gate, .wanted = params->topk, .cut = job->cut};
    sieve.capacity = capacity < pairs ? capacity : pairs;
    IOU_TRY(iou_buffer_reserve(&job->scratch->spare, sieve.capacity, sizeof(uint64_t), error));
    sieve.keys = job->scratch->spare.data;
    for (size_t i = 0; i < ranks.count; i++) {
        const uint32_t anchor = iou_key_order(ranks.keys[i]);
        if (iou_pair_bound(ranks.keys[i], anchor, params->class_count) >= sieve.least) {
            add_anchor(&sieve, view, params, anchor);
        }
    }
    if (sieve.count > sieve.wanted) {
        keep_best(&sieve);
    }
    *least = sieve.least;
    return IOU_OK;
}

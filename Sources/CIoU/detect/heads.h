/*
 * From head maps to detections, in the authors' order: fuse, keep the best anchors of each level,
 * decode, clip, return to the picture, threshold, suppress within a class, report the best.
 *
 * Scores are floats: p = 1 / (1 + exp(-logit)), S = p^alpha * q^(1 - alpha), by the same functions
 * wherever a score is looked at, so that ranking and report agree in every bit.
 */
#ifndef IOU_HEADS_H
#define IOU_HEADS_H

#include "detect/detect_memory.h"
#include "detect/detector_params.h"
#include "detect/preprocess.h"

/** One level's maps of a whole batch, in the layout of the parameters. */
typedef struct iou_head_level {
    int64_t height, width;
    const float *cls, *box;
    const float *iou; /**< NULL where the model predicts none */
} iou_head_level;

typedef struct iou_heads {
    int64_t batch;
    iou_head_level levels[IOU_MAX_LEVELS];
} iou_heads;

/** Memory between stages, kept over runs. Zero-initialised. */
typedef struct iou_heads_scratch {
    iou_buffer ranks;      /**< the best score of every anchor of every level */
    iou_buffer keys;       /**< of one level's anchors, for the selection */
    iou_buffer slots;      /**< anchors that were kept */
    iou_buffer candidates; /**< (anchor, class) pairs */
    iou_buffer chains;     /**< detections of one class */
} iou_heads_scratch;

/** Picture `image` of the batch. `out` has room for wishes->max_detections. */
iou_status iou_heads_detect(const iou_heads *heads, size_t image, const iou_detector_params *params,
                            const iou_detect_wishes *wishes, const iou_frame *frame,
                            iou_heads_scratch *scratch, int threads, iou_detection *out,
                            size_t *count, iou_error *error);

void iou_heads_scratch_release(iou_heads_scratch *scratch);

/* ---- Stages --------------------------------------------------------------------------------- */

/** Scores under given wishes. */
typedef struct iou_fusion {
    float alpha, beta; /**< exponents of p and q */
    bool plain;        /**< S = p */
    bool cls_is_probability, iou_is_probability;
    float threshold;
    bool inclusive;
    float cut; /**< a class value below it cannot reach the threshold */
} iou_fusion;

/** One level of one picture, and how to walk it. */
typedef struct iou_level_view {
    const float *cls, *box, *iou;
    size_t cells, width;
    size_t cls_cell, box_cell, iou_cell; /**< from one cell to the next */
    size_t channel;                      /**< from one channel to the next */
} iou_level_view;

/** An anchor that was kept. */
typedef struct iou_slot {
    float box[4];           /**< where overlaps are measured: picture or network */
    float iou;              /**< NaN: not predicted */
    uint32_t level, anchor; /**< anchor: cell * A + a */
} iou_slot;

iou_fusion iou_fusion_make(const iou_detector_params *params, const iou_detect_wishes *wishes);
float iou_fusion_probability(const iou_fusion *fusion, float value);
float iou_fusion_quality(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                         size_t a);                               /**< q, or NaN */
float iou_fusion_weight(const iou_fusion *fusion, float quality); /**< q^(1 - alpha) */
float iou_fusion_score(const iou_fusion *fusion, float probability, float weight);
bool iou_fusion_passes(const iou_fusion *fusion, float score);

iou_level_view iou_level_view_make(const iou_heads *heads, size_t image, size_t level,
                                   const iou_detector_params *params);

/** Anchors' best fused scores where they pass the threshold, else -1; cells first to last - 1. */
void iou_rank_cells(float *ranks, const iou_level_view *view, const iou_detector_params *params,
                    const iou_fusion *fusion, size_t first, size_t last);

/** Decodes and clips; false where the box is not finite. The box is in the network's pixels. */
bool iou_decode_box(float box[4], const iou_level_view *view, const iou_detector_params *params,
                    size_t level, size_t anchor, const iou_frame *frame);
void iou_return_box(float box[4], const iou_frame *frame);

/** A score (not negative, not NaN) and its order as one number: higher is better. */
static inline uint64_t iou_rank_key(float score, uint32_t order) {
    union {
        float value;
        uint32_t bits;
    } view = {score + 0.0f}; /* -0 becomes 0, whose bits are in order */
    return (uint64_t)view.bits << 32 | (uint32_t)~order;
}
static inline float iou_key_score(uint64_t key) {
    union {
        uint32_t bits;
        float value;
    } view = {(uint32_t)(key >> 32)};
    return view.value;
}
static inline uint32_t iou_key_order(uint64_t key) {
    return ~(uint32_t)key;
}

/** The k-th largest of `count` different keys, 1 <= k <= count; reorders them. */
uint64_t iou_select_kth(uint64_t *keys, size_t count, size_t k);

void iou_heap_make(uint64_t *keys, size_t count); /**< the largest first */
uint64_t iou_heap_take(uint64_t *keys, size_t *count);

/**
 * Takes candidates (key order = slot * classes + class) by falling score and keeps those that no
 * better one of their class suppresses, until `max` are kept. Fills box, score and label, and
 * slots' numbers into `kept`.
 */
typedef struct iou_nms {
    const iou_slot *slots;
    size_t class_count, max;
    float threshold, pixel;
    bool inclusive;
    int32_t *heads; /**< class_count; the newest detection of the class, or -1 */
    int32_t *next;  /**< max; the detection before it */
    uint32_t *kept; /**< max */
} iou_nms;
size_t iou_nms_run(const iou_nms *nms, uint64_t *candidates, size_t count, iou_detection *out);

#endif

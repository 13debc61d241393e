/* What the stages of one picture share. */
#ifndef IOU_PICTURE_JOB_H
#define IOU_PICTURE_JOB_H

#include "detect/postprocess/level_view.h"

/** An anchor that was kept; the box and q are there once its pairs are in the queue. */
typedef struct iou_candidate {
    float box[4];           /**< where overlaps are measured: picture or network */
    float iou;              /**< NaN: not predicted */
    uint32_t level, anchor; /**< anchor: cell * A + a */
} iou_candidate;

/** Keys of a level's best anchors by pre-NMS score, in the order of the anchors. */
typedef struct iou_level_ranks {
    uint64_t *keys;
    size_t count;
} iou_level_ranks;

typedef struct iou_picture_job {
    const iou_detector_params *params;
    const iou_letterbox *letterbox;
    iou_heads_scratch *scratch;
    iou_fusion fusion, pre_nms; /**< the final score and the pre-NMS one */
    float cut;                  /**< a class value below it cannot reach the threshold */
    iou_level_view views[IOU_MAX_LEVELS];
    iou_level_ranks ranks[IOU_MAX_LEVELS];
    uint64_t least_pair[IOU_MAX_LEVELS]; /**< the worst that top-k leaves, by pre-NMS score; or 0 */
    size_t candidate_count;
    size_t waiting_count; /**< candidates to open: all, or none where all pairs are there */
    size_t pair_count;    /**< that are there before any is opened */
} iou_picture_job;

/** The class values of an anchor; a class is at its channel times view->channel. */
static inline const float *iou_anchor_classes(const iou_level_view *view,
                                              const iou_detector_params *params, size_t anchor) {
    const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
    return view->cls + cell * view->cls_cell + a * params->channel_count * view->channel;
}

/** The best anchors of each level that pass, into job->ranks. */
iou_status iou_rank_anchors(iou_picture_job *job, iou_isa isa, iou_workers *workers,
                            iou_error *error);

/**
 * The worst of a level's best pairs, or 0 if all stay, from its best anchors. A pair's order is
 * anchor * classes + class.
 */
iou_status iou_choose_pairs(iou_picture_job *job, size_t level, uint64_t *least, iou_error *error);

/** Candidates of the ranked anchors of all levels, and the queue of their keys. */
iou_status iou_choose_candidates(iou_picture_job *job, iou_error *error);

/** Candidates and their pairs of rows that have their class already. */
iou_status iou_choose_labelled(iou_picture_job *job, const iou_row_outputs *rows, size_t image,
                               iou_error *error);

/** The final detections, from candidates. */
iou_status iou_final_detections(iou_picture_job *job, const iou_detect_settings *settings,
                                iou_detection *out, size_t *count, iou_error *error);

#endif

/* What the stages of one picture share. */
#ifndef IOU_PICTURE_JOB_H
#define IOU_PICTURE_JOB_H

#include "detect/level_view.h"

/** An anchor that was kept. */
typedef struct iou_slot {
    float box[4];           /**< where overlaps are measured: picture or network */
    float iou;              /**< NaN: not predicted */
    uint32_t level, anchor; /**< anchor: cell * A + a */
} iou_slot;

typedef struct iou_picture_job {
    const iou_detector_params *params;
    const iou_frame *frame;
    iou_heads_scratch *scratch;
    iou_fusion fusion, gate;
    float cut; /**< a class value below it cannot reach the threshold */
    iou_level_view views[IOU_MAX_LEVELS];
    size_t first[IOU_MAX_LEVELS]; /**< of a level's anchors among all */
    float *ranks;                 /**< best gate of each anchor, -1: none passes */
    size_t slot_count, candidate_count;
} iou_picture_job;

/** What stays on a level: `count` keys that are at least `least`. */
typedef struct iou_level_choice {
    uint64_t least;
    size_t count;
} iou_level_choice;

/** The class values of an anchor; a class stands at its channel times view->channel. */
static inline const float *iou_anchor_classes(const iou_level_view *view,
                                              const iou_detector_params *params, size_t anchor) {
    const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
    return view->cls + cell * view->cls_cell + a * params->channel_count * view->channel;
}

/** The best pairs of a level; a pair's order is anchor * classes + class. */
iou_status iou_choose_pairs(iou_picture_job *job, size_t level, iou_level_choice *choice,
                            iou_error *error);

/** Slots and candidates of all levels from their ranks. A candidate's order is slot * classes +
 * class. */
iou_status iou_collect_candidates(iou_picture_job *job, iou_error *error);

/** Detections from candidates. */
iou_status iou_report_best(iou_picture_job *job, const iou_detect_wishes *wishes,
                           iou_detection *out, size_t *count, iou_error *error);

/**
 * Takes candidates by falling score and keeps those that no better one of their class (or of any,
 * `together`) suppresses, until `max` are kept. Fills box, score and label, and slots' numbers into
 * `kept`.
 */
typedef struct iou_nms {
    const iou_slot *slots;
    size_t class_count, max;
    float threshold, pixel;
    bool inclusive, together;
    int32_t *heads; /**< class_count; the newest detection of the class, or -1 */
    int32_t *next;  /**< max; the detection before it */
    uint32_t *kept; /**< max */
} iou_nms;
size_t iou_nms_run(const iou_nms *nms, uint64_t *candidates, size_t count, iou_detection *out);

#endif

/* Pairs of an anchor and a class by falling score. */
#ifndef IOU_PAIR_QUEUE_H
#define IOU_PAIR_QUEUE_H

#include "detect/preprocess/picture_job.h"

/**
 * Candidates wait by their best score until a pair of theirs could be the next. Only then are they
 * opened: the box decoded, all their scores computed. The final detections are full long before
 * most are.
 */
typedef struct iou_pair_queue {
    const iou_picture_job *job;
    iou_candidate *candidates;
    uint64_t *waiting; /**< heap of candidates' keys: the best score, candidate * classes */
    size_t waiting_count;
    size_t pair_count; /**< in the heap in job->scratch->pairs */
} iou_pair_queue;

/** A queue of all candidates of the job, whose scratch holds it. */
iou_pair_queue iou_pair_queue_make(const iou_picture_job *job);

/** The best key that is left, or 0 if there is none; its order is candidate * classes + class. */
iou_status iou_pair_queue_take(iou_pair_queue *queue, uint64_t *key, iou_error *error);

#endif

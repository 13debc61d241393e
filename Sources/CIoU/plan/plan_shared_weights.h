/* Groups that may be batched into one step; for plan_shared_weights.c and plan_order.c. */
#ifndef IOU_PLAN_SHARED_WEIGHTS_H
#define IOU_PLAN_SHARED_WEIGHTS_H

#include "plan/plan_builder.h"

enum { IOU_MOST_BATCHES = 64 }; /* bits of a word; a head has a dozen */

/** Groups that share their constants, as nodes with shared weights do. */
typedef struct iou_batch {
    int count, arrived;
    int first, last; /**< nodes, where their groups are */
    bool dissolved;  /**< its groups do not wait for each other */
} iou_batch;

typedef struct iou_shared_weights {
    iou_batch batches[IOU_MOST_BATCHES];
    int count;
    int *batch_of; /**< of each node: the batch of its group; -1: none */
    int *next;     /**< of each node: the next of its batch; -1: none */
} iou_shared_weights;

/** Whether node n's group has a step of its own. */
bool iou_plan_is_step(const iou_plan_builder *b, int n);

/** Finds the batches of a plan. Dissolved are those of which one group needs what another computes,
 * and those whose maps together are much more than the largest. */
iou_status iou_plan_find_shared_weights(const iou_plan_builder *b, iou_shared_weights *shared);

#endif

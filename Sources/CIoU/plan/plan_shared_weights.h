/* Groups that may be batched into one step; for plan_shared_weights.c and plan_order.c. */
#ifndef IOU_PLAN_SHARED_WEIGHTS_H
#define IOU_PLAN_SHARED_WEIGHTS_H

#include "plan/plan_builder.h"

enum { IOU_MOST_SETS = 64 }; /* bits of a word; a head has a dozen */

/** Groups that share their constants. */
typedef struct iou_group_set {
    int count, arrived;
    int first, last; /**< nodes, where their groups stand */
    bool dissolved;  /**< its groups do not wait for each other */
} iou_group_set;

typedef struct iou_group_sets {
    iou_group_set sets[IOU_MOST_SETS];
    int count;
    int *set_of; /**< of each node: the set of its group; -1: none */
    int *next;   /**< of each node: the next of its set; -1: none */
} iou_group_sets;

/** Whether node n's group has a step of its own. */
bool iou_plan_is_step(const iou_plan_builder *b, int n);

/** Finds the sets of a plan. Dissolved are those of which one group needs what another computes,
 * and those whose maps together are much more than the largest. */
iou_status iou_plan_find_sets(const iou_plan_builder *b, iou_group_sets *sets);

#endif

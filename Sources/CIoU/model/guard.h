/* Which branches of If a pass over the nodes has to look at. */
#ifndef IOU_GUARD_H
#define IOU_GUARD_H

#include "model/model.h"

typedef enum iou_guard_state {
    IOU_GUARD_OPEN = 0, /**< the condition's value is not known */
    IOU_GUARD_TAKEN = 1,
    IOU_GUARD_SKIPPED = 2
} iou_guard_state;

/** Whether the value of a condition is known, and which it is. */
bool iou_condition_known(const iou_fact *condition, bool *value);

/** The state of a guard from that of its parent, which has a lower number, in `states`. */
iou_guard_state iou_guard_look(const iou_model *model, const iou_fact *facts,
                               const iou_guard_state *states, int guard);

/** Whether the node is an If: its inputs are the condition, the outputs of the branch for true,
 * then those of the branch for false. */
bool iou_node_is_if(const iou_node *node);

/** The input that output `output` of an If takes. */
int iou_if_input(const iou_node *node, int output, bool condition);

#endif

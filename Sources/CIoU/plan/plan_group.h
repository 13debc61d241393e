/* A group on its way to a step; for plan_prepare.c and plan_steps.c. */
#ifndef IOU_PLAN_GROUP_H
#define IOU_PLAN_GROUP_H

#include "plan/plan_builder.h"

/** What a step reads and writes. */
typedef struct iou_plan_operands {
    iou_operand *values;        /**< inputs, then outputs */
    const iou_operand **inputs; /**< NULL: absent */
    iou_operand *added;         /**< of the epilogue */
} iou_plan_operands;

/** A group with its operands and its step, which is not emitted yet. It must not move. */
typedef struct iou_prepared_group {
    const iou_group *group;
    iou_plan_operands operands;
    iou_step step;
    iou_prepare prepare;
    const struct iou_prepared_group *inner; /**< fused into the step; or NULL */
} iou_prepared_group;

/** Prepares the step of a group alone. `shared`: its step is one of those that may be batched. */
iou_status iou_plan_prepare_group(iou_plan_builder *b, const iou_group *group, bool shared,
                                  iou_prepared_group *prepared);

#endif

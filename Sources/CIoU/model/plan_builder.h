/* A plan while it is made; for the files plan*.c alone. */
#ifndef IOU_PLAN_BUILDER_H
#define IOU_PLAN_BUILDER_H

#include "model/fuse.h"
#include "model/plan.h"

typedef struct iou_plan_builder {
    const iou_plan_request *request;
    const iou_model *model;
    iou_plan *plan;
    iou_fact *facts;
    iou_group *groups;
    int (*places)[2]; /**< of each value, its storage in each layout; -1: none */
    int step_capacity, storage_capacity;
    iou_error *error;
} iou_plan_builder;

iou_status iou_plan_no_memory(const iou_plan_builder *b);

/** Bytes of a concrete value. */
size_t iou_plan_fact_size(const iou_fact *fact);
/** A concrete value as a step sees it. */
iou_operand iou_plan_operand(const iou_fact *fact, iou_layout layout);

/** A new storage's number; -1 without memory. */
int iou_plan_add_storage(iou_plan_builder *b, iou_place place, size_t size, const void *constant,
                         int index);
/** A new step with room for its storages; NULL without memory. Valid until the next is added. */
iou_plan_step *iou_plan_add_step(iou_plan_builder *b, int inputs, int outputs);

/** Turns elements that inference knows into bytes; false without memory. */
bool iou_plan_materialize(iou_plan_builder *b, iou_fact *fact);

/** The storage of a computed, given or constant value in a layout; emits a conversion if needed. */
iou_status iou_plan_storage_of(iou_plan_builder *b, int value, iou_layout layout, int *storage);

/** Adds the step of a group, or gives its output the bytes of its input where nothing is computed.
 */
iou_status iou_plan_emit(iou_plan_builder *b, const iou_group *group);

/** Checks the given shapes against the declared ones and gives every input its storage. */
iou_status iou_plan_place_inputs(iou_plan_builder *b);

/** Lets the step that computes an output write into the output's own memory where possible. */
iou_status iou_plan_place_outputs(iou_plan_builder *b);

#endif

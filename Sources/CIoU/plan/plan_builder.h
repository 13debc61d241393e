/* A plan while it is made; for the files plan*.c alone. */
#ifndef IOU_PLAN_BUILDER_H
#define IOU_PLAN_BUILDER_H

#include "plan/fuse.h"
#include "model/guard.h"
#include "plan/plan.h"

/** A value's storages: in each layout, and as a part of a larger one's channels. */
enum { IOU_PITCHED_STORAGE = IOU_LAYOUTS, IOU_STORAGES };

/** A value among others' channels; see plan_parts.c. */
typedef struct iou_value_part {
    int whole;     /**< the value that it is a part of; -1: none */
    int64_t first; /**< channel of that */
    bool *direct;  /**< where others are parts of this one: which of its node's inputs; else NULL */
    int storage;   /**< of a part, and where others are parts of this one; -1: not known yet */
    int depth;     /**< of parts within parts */
} iou_value_part;

typedef struct iou_plan_builder {
    const iou_plan_request *request;
    const iou_model *model;
    iou_plan *plan;
    iou_arena *scratch; /**< until the plan is made */
    iou_fact *facts;
    iou_group *groups;
    int (*storages)[IOU_STORAGES]; /**< of each value, in each layout and as a part; -1: none */
    iou_value_part *parts;         /**< of each value */
    iou_phase *phases;             /**< of each node */
    iou_padded **padded;           /**< of each value that nobody computes; NULL: others */
    int *uses;   /**< of each value, by nodes that run now or later and as an output */
    bool *fixed; /**< of each value: a constant of the model, in every run that feeds the same
                      inputs */
    bool *given; /**< of each value: it exists before the segment runs */
    bool *ready; /**< of each value: given, known, or computed by a node of the segment */
    int *data_dependent; /**< of each value, its number in plan->data_dependent; -1 */
    bool *computed;      /**< of each output of the model: an earlier segment computed it */
    bool *depends_on;    /**< of each value: its elements became known for this plan */
    iou_guard_state *guards;
    int step_capacity, storage_capacity, data_dependent_capacity, shape_dependency_capacity;
    iou_error *error;
} iou_plan_builder;

iou_status iou_plan_no_memory(const iou_plan_builder *b);

/** Doubles an array of the plan's arena when it is full; the old one stays until the plan ends. */
bool iou_plan_reserve(iou_plan_builder *b, void **array, int count, int *capacity, size_t element);

/** Bytes of a concrete value. */
size_t iou_plan_fact_size(const iou_fact *fact);
/** A concrete value as a step sees it. */
iou_operand iou_plan_operand(const iou_fact *fact, iou_layout layout);

/** Whether all elements of a value are known before it is computed. */
bool iou_plan_knows(const iou_fact *fact);
/** Turns elements that inference knows into bytes; false without memory. */
bool iou_plan_materialize(iou_plan_builder *b, iou_fact *fact);

/** A new storage's number; -1 without memory. */
int iou_plan_add_storage(iou_plan_builder *b, iou_storage_kind kind, size_t size,
                         const void *constant, int index);
/** A new step with room for its storages; NULL without memory. Valid until the next is added. */
iou_plan_step *iou_plan_add_step(iou_plan_builder *b, int inputs, int outputs);

/** The storage of a computed, given or constant value in a layout; emits a conversion if needed. */
iou_status iou_plan_storage_of(iou_plan_builder *b, int value, iou_layout layout, int *storage);

/** Decides which values are computed right where a larger one holds them. */
iou_status iou_plan_find_parts(iou_plan_builder *b);

/** Floats from one pixel of a value to the next where its step writes a part; else 0. */
int64_t iou_plan_pitch(const iou_plan_builder *b, int value);

/** The storage that the step of an output writes; notes it as the value's. */
iou_status iou_plan_store_output(iou_plan_builder *b, int value, iou_layout layout, int *storage);

/** Gives outputs that are parts of an input, or whose parts are all there, their storages. */
iou_status iou_plan_alias_parts(iou_plan_builder *b, const iou_node *node, bool *aliased);

/** Whether input `input` of a step's main node, channels last, is read as a part. */
bool iou_plan_reads_part(const iou_plan_builder *b, const iou_node *node, int input);
/** The same of an operand of its epilogue. */
bool iou_plan_adds_part(const iou_plan_builder *b, const iou_node *head, int value);

/** Storages are numbered as they are made: the lower one is the original, the other a conversion.
 */
bool iou_plan_made_channels_last(const int *storages);

/** Checks the given shapes against the declared ones and gives every input its storage. */
iou_status iou_plan_bind_inputs(iou_plan_builder *b);

/** Adds what earlier segments have found out and computed: the live-in values. */
iou_status iou_plan_add_live_in(iou_plan_builder *b);

/** Infers, and decides which nodes run in this segment and which later. */
iou_status iou_plan_schedule(iou_plan_builder *b);

/** Whether a node's outputs can be computed while the plan is made: few numbers, of known ones. */
bool iou_plan_evaluates(const iou_plan_builder *b, const iou_node *node);
/** Computes them, and makes them known. What fails is left to the run. */
iou_status iou_plan_evaluate(iou_plan_builder *b, const iou_node *node);

/**
 * Makes the elements of an earlier value known, at most IOU_MAX_ELEMENTS; they become part of what
 * the plan was made for. `*known`: whether it could.
 */
iou_status iou_plan_depend_on(iou_plan_builder *b, int value, bool *known);

/** The value of a group's output, of which it has as many as its head; the first is that of its
 * last node. */
int iou_plan_output_value(const iou_plan_builder *b, const iou_group *group, int output);

/** Gives a group's outputs the bytes of others where nothing is computed. */
iou_status iou_plan_alias(iou_plan_builder *b, const iou_group *group, bool *aliased);

/** Adds the step of a group, and those of its inner ones, unless its outputs are aliases. */
iou_status iou_plan_emit(iou_plan_builder *b, const iou_group *group);

/** Adds one step of groups that share their constants, or one of each. */
iou_status iou_plan_emit_batched(iou_plan_builder *b, const iou_group *const *groups, size_t count);

/** Emits all groups, those that may be batched in one step each. */
iou_status iou_plan_emit_all(iou_plan_builder *b);

/** Lets the step that computes an output write into the output's own memory where possible. */
iou_status iou_plan_bind_outputs(iou_plan_builder *b);

/** Keeps what later segments need: the live-out values. */
iou_status iou_plan_find_live_out(iou_plan_builder *b);

#endif

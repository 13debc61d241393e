/*
 * A segment of a model made ready for one set of shapes: steps, storages, the arena's layout. Most
 * models are one segment. Where shapes or branches depend on values that a run computes, a plan
 * ends there, and the next one is made with what has come out.
 */
#ifndef IOU_PLAN_H
#define IOU_PLAN_H

#include "model/model.h"
#include "core/packed_weights.h"

/** Where the bytes of a storage are during a run. */
typedef enum iou_storage_kind {
    IOU_STORAGE_ARENA,
    IOU_STORAGE_CONSTANT,
    IOU_STORAGE_INPUT,
    IOU_STORAGE_OUTPUT,
    IOU_STORAGE_KEPT,   /**< until the run ends */
    IOU_STORAGE_BODY,   /**< an output of a body, of the size that the run finds */
    IOU_STORAGE_POOL,   /**< an output that a step makes in the run's pool */
    IOU_STORAGE_EARLIER /**< a storage of an earlier segment */
} iou_storage_kind;

typedef struct iou_storage {
    iou_storage_kind kind;
    int index;   /**< of the graph input or output, or the body's or step's output; of the storage
                      in an earlier segment */
    int segment; /**< the earlier one's depth; the number of the body, or of the step */
    const void *constant;
    size_t size, offset; /**< bytes; offset in the arena or among the kept */
    int first, last;     /**< steps that write first and use last */
    int root;            /**< the storage that this one shares bytes with; itself otherwise */
    size_t shift;        /**< bytes from the root's beginning */
    int64_t pitch; /**< of a part of a larger channels-last value: as in iou_operand; else 0 */
} iou_storage;

typedef struct iou_plan_step {
    iou_step step;
    const char *name;
    const char *type;   /**< fused operators, joined by '+' */
    size_t packed_size; /**< bytes of the inputs that the step has packed */
    int input_count, output_count;
    int *inputs, *outputs; /**< storages; -1: absent */
    const void **in;       /**< resolved before a run */
    void **out;
    int64_t (*out_dims)[IOU_MAX_RANK]; /**< of a step with data-dependent outputs; else NULL */
    const iou_body *body;              /**< the session runs it in place of the step; NULL: none */
    bool pooled;                       /**< it makes values in the run's pool */
} iou_plan_step;

/** A value whose shape the run finds out: planned for the largest. What a body or a pooled step
 * makes has no largest. */
typedef struct iou_data_dependent {
    int value;
    iou_fact largest;
    int step, output; /**< where the run leaves the dims */
} iou_data_dependent;

/** A value that later segments see. */
typedef struct iou_live_out {
    int value;
    iou_fact fact;
    int data_dependent; /**< its number, for its dims; -1: the fact has them */
    int storage;        /**< -1: nothing but the fact */
    iou_layout layout;
} iou_live_out;

/** An earlier value whose elements decided something in this plan. */
typedef struct iou_shape_dependency {
    int segment, storage; /**< where they were */
    size_t size;
    const void *bytes; /**< what they were */
} iou_shape_dependency;

/** An output as the caller sees it. */
typedef struct iou_plan_output {
    int index; /**< of the model's outputs */
    iou_type type;
    int rank;
    int64_t dims[IOU_MAX_RANK];
    size_t size;
    int storage;
    int data_dependent; /**< its number; the run finds its dims, then it is copied; -1: none
                         */
} iou_plan_output;

typedef struct iou_plan iou_plan;
struct iou_plan {
    iou_arena *memory;
    iou_plan_step *steps;
    int step_count;
    iou_storage *storages;
    int storage_count;
    iou_plan_output *outputs; /**< those that this segment computes */
    int output_count;
    size_t arena_size, scratch_size;
    size_t kept_size; /**< of values that live until the run ends */
    size_t held;      /**< bytes of this and earlier segments' kept values and outputs */

    const iou_plan *parent; /**< the segment before; NULL: the first */
    int depth;              /**< segments before */
    bool complete;          /**< no segment follows */
    iou_data_dependent *data_dependent;
    int data_dependent_count;
    iou_live_out *live_out;
    int live_out_count;
    iou_shape_dependency *shape_dependencies;
    int shape_dependency_count;
    iou_weights weights; /**< packed of constants that hold in this plan alone; cache NULL: none */

    int64_t *key;   /**< the dims it was made for: of the inputs, or data-dependent ones */
    uint64_t used;  /**< when it served last */
    iou_plan *next; /**< in the cache */
};

/** Finds the bytes of a storage of an earlier segment of the present run. */
typedef const void *(*iou_plan_find_storage)(const void *context, const iou_plan *segment,
                                             int storage);

typedef struct iou_plan_request {
    const iou_model *model;
    const iou_tensor *const *inputs; /**< in the model's order; NULL: the default serves */
    const iou_weights *weights;
    iou_isa isa;
    iou_caches caches;
    size_t threads;      /**< of the session */
    bool reference_mode; /**< a step a node, plain layouts */
    size_t max_memory;   /**< of the arena, kept values and outputs */

    const iou_plan *parent; /**< has just run; NULL: for the first segment */
    iou_plan_find_storage find;
    const void *context;
} iou_plan_request;

iou_status iou_plan_create(iou_plan **out, const iou_plan_request *request, iou_error *error);
void iou_plan_destroy(iou_plan *plan);

/** The dims of a data-dependent value as the last run left them; -1: there was none. */
const int64_t *iou_plan_dims(const iou_plan *plan, int data_dependent);
/** Whether a data-dependent value has no largest shape. */
bool iou_plan_is_unbounded(const iou_plan *plan, int data_dependent);
/** The rank of a data-dependent value; -1: a run has yet to find it. */
int iou_plan_rank(const iou_plan *plan, int data_dependent);

/** Gives every arena storage its offset, so that storages in use at once never overlap. */
iou_status iou_plan_memory(iou_plan *plan, size_t max_memory, iou_error *error);

/** Bytes of a step's inputs, weights and outputs. */
double iou_plan_step_bytes(const iou_plan *plan, const iou_plan_step *step);

/** The root of a storage. */
int iou_plan_root(const iou_plan *plan, int storage);
/** Bytes from the beginning of its root to that of a storage. */
size_t iou_plan_shift(const iou_plan *plan, int storage);

#endif

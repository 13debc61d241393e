/* A model made ready for one set of input shapes: steps, storages, the arena's layout. */
#ifndef IOU_PLAN_H
#define IOU_PLAN_H

#include "model/model.h"
#include "model/weights.h"

/** Where bytes stand during a run. */
typedef enum iou_place {
    IOU_PLACE_ARENA,
    IOU_PLACE_CONSTANT,
    IOU_PLACE_INPUT,
    IOU_PLACE_OUTPUT
} iou_place;

typedef struct iou_storage {
    iou_place place;
    int index; /**< of the graph input or output */
    const void *constant;
    size_t size, offset; /**< bytes; offset in the arena */
    int first, last;     /**< steps that write first and use last */
    int root;            /**< the storage that this one shares bytes with; itself otherwise */
} iou_storage;

typedef struct iou_plan_step {
    iou_step step;
    const char *name;
    const char *type; /**< fused operators, joined by '+' */
    int input_count, output_count;
    int *inputs, *outputs; /**< storages; -1: absent */
    const void **in;       /**< resolved before a run */
    void **out;
} iou_plan_step;

/** An output as the caller sees it. */
typedef struct iou_plan_output {
    iou_type type;
    int rank;
    int64_t dims[IOU_MAX_RANK];
    size_t size;
    int storage;
} iou_plan_output;

typedef struct iou_plan {
    iou_arena *memory;
    iou_plan_step *steps;
    int step_count;
    iou_storage *storages;
    int storage_count;
    iou_plan_output *outputs;
    size_t arena_size, scratch_size;
    int64_t *key;  /**< the input dims it was made for */
    uint64_t used; /**< when it served last */
} iou_plan;

typedef struct iou_plan_request {
    const iou_model *model;
    const iou_tensor *const *inputs; /**< in the model's order */
    iou_weights *weights;
    iou_isa isa;
    bool separate;     /**< the reference way */
    size_t max_memory; /**< of the arena */
} iou_plan_request;

iou_status iou_plan_create(iou_plan **out, const iou_plan_request *request, iou_error *error);
void iou_plan_destroy(iou_plan *plan);

/** Gives every arena storage its offset, so that storages in use at once never overlap. */
iou_status iou_plan_place(iou_plan *plan, size_t max_memory, iou_error *error);

/** The root of a storage. */
int iou_plan_root(const iou_plan *plan, int storage);

#endif

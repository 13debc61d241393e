#include "model/plan_builder.h"

#include <stdlib.h>
#include <string.h>

static iou_status build(iou_plan_builder *b) {
    const iou_model *m = b->model;
    const size_t values = (size_t)m->value_count + 1;
    b->facts = iou_arena_alloc(b->plan->memory, sizeof(iou_fact) * values);
    b->groups = iou_arena_alloc(b->plan->memory, sizeof(iou_group) * ((size_t)m->node_count + 1));
    b->places = iou_arena_alloc(b->plan->memory, sizeof(*b->places) * values);
    if (!b->facts || !b->groups || !b->places) {
        return iou_plan_no_memory(b);
    }
    memcpy(b->facts, m->facts, sizeof(iou_fact) * (size_t)m->value_count);
    memset(b->places, 0xff, sizeof(*b->places) * values);
    IOU_TRY(iou_plan_place_inputs(b));
    IOU_TRY(iou_model_infer(m, b->facts, b->plan->memory, b->error));
    for (int v = 0; v < m->value_count; v++) {
        if (!iou_plan_materialize(b, &b->facts[v])) {
            return iou_plan_no_memory(b);
        }
    }
    IOU_TRY(iou_fuse(m, b->facts, b->request->separate, b->groups, b->plan->memory, b->error));
    for (int n = 0; n < m->node_count; n++) {
        if (b->groups[n].head >= 0) {
            IOU_TRY(iou_plan_emit(b, &b->groups[n]));
        }
    }
    IOU_TRY(iou_plan_place_outputs(b));
    return iou_plan_place(b->plan, b->request->max_memory, b->error);
}

iou_status iou_plan_create(iou_plan **out, const iou_plan_request *request, iou_error *error) {
    *out = NULL;
    iou_plan *plan = calloc(1, sizeof *plan);
    IOU_FAIL_IF(!plan, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    plan->memory = iou_arena_create();
    if (!plan->memory) {
        free(plan);
        return iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for the plan");
    }
    iou_plan_builder b = {
        .request = request, .model = request->model, .plan = plan, .error = error};
    const iou_status status = build(&b);
    if (status != IOU_OK) {
        iou_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return IOU_OK;
}

void iou_plan_destroy(iou_plan *plan) {
    if (plan) {
        iou_arena_destroy(plan->memory);
        free(plan);
    }
}

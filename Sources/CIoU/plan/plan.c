#include "plan/plan_builder.h"

#include "core/memory.h"

#include <string.h>

/* Each takes a pass over the model: a chain of them is no longer than any real one needs. */
enum { MAX_SEGMENTS = 1024 };

static iou_status allocate(iou_plan_builder *b) {
    const iou_model *m = b->model;
    const size_t values = (size_t)m->value_count + 1, nodes = (size_t)m->node_count + 1;
    b->facts = iou_arena_alloc(b->scratch, sizeof(iou_fact) * values);
    b->storages = iou_arena_alloc(b->scratch, sizeof(*b->storages) * values);
    b->uses = iou_arena_alloc(b->scratch, sizeof(int) * values);
    b->data_dependent = iou_arena_alloc(b->scratch, sizeof(int) * values);
    b->fixed = iou_arena_alloc(b->scratch, values);
    b->given = iou_arena_alloc(b->scratch, values);
    b->ready = iou_arena_alloc(b->scratch, values);
    b->depends_on = iou_arena_alloc(b->scratch, values);
    b->computed = iou_arena_alloc(b->scratch, (size_t)m->output_count + 1);
    b->groups = iou_arena_alloc(b->scratch, sizeof(iou_group) * nodes);
    b->padded = iou_arena_alloc(b->scratch, sizeof(iou_padded *) * values);
    b->phases = iou_arena_alloc(b->scratch, sizeof(iou_phase) * nodes);
    b->guards = iou_arena_alloc(b->scratch, sizeof(iou_guard_state) * (size_t)(m->guard_count + 1));
    if (!b->facts || !b->storages || !b->uses || !b->data_dependent || !b->fixed || !b->given ||
        !b->ready || !b->depends_on || !b->computed || !b->groups || !b->padded || !b->phases ||
        !b->guards) {
        return iou_plan_no_memory(b);
    }
    memset(b->storages, 0xff, sizeof(*b->storages) * values);
    memset(b->data_dependent, 0xff, sizeof(int) * values);
    return IOU_OK;
}

/**
 * What the model knows, but for what it knows from defaults in whose place a value is fed. Such an
 * input has no bytes; what depends on it is inferred again.
 */
static void take_facts(iou_plan_builder *b) {
    const iou_model *m = b->model;
    bool *depends = b->depends_on; /* free until the schedule is made */
    memcpy(b->facts, m->facts, sizeof(iou_fact) * (size_t)m->value_count);
    bool any = false;
    for (int i = 0; i < m->default_count; i++) {
        const int input = m->input_count + i;
        if (b->request->inputs[input]) {
            b->facts[m->inputs[input]] = m->declared[i];
            depends[m->inputs[input]] = any = true;
        }
    }
    for (int n = 0; any && n < m->node_count; n++) {
        const iou_node *node = &m->nodes[n];
        bool reset = false;
        for (int i = 0; i < node->input_count && !reset; i++) {
            reset = node->inputs[i] >= 0 && depends[node->inputs[i]];
        }
        for (int i = 0; i < node->output_count && reset; i++) {
            if (node->outputs[i] >= 0) {
                b->facts[node->outputs[i]] = (iou_fact){.rank = -1, .element_count = -1};
                depends[node->outputs[i]] = true;
            }
        }
    }
    for (int v = 0; v < m->value_count; v++) {
        b->fixed[v] = b->facts[v].data != NULL;
    }
    memset(depends, 0, (size_t)m->value_count);
}

/** The model with nodes that compute with integers, where it has some. */
static iou_status take_model(iou_plan_builder *b) {
    const iou_model *m = b->request->model;
    b->model = m;
    if (m->integer_nodes == NULL || b->request->reference_mode) {
        return IOU_OK;
    }
    iou_model *view = iou_arena_alloc(b->scratch, sizeof *view);
    if (!view) {
        return iou_plan_no_memory(b);
    }
    memcpy(view, m, sizeof *view);
    view->nodes = m->integer_nodes;
    b->model = view;
    return IOU_OK;
}

static iou_status build(iou_plan_builder *b) {
    IOU_TRY(take_model(b));
    const iou_model *m = b->model;
    IOU_FAIL_IF(b->plan->depth >= MAX_SEGMENTS, IOU_LIMIT, b->error,
                "shapes depend on data %d times in a row, no more is allowed", MAX_SEGMENTS);
    IOU_TRY(allocate(b));
    take_facts(b);
    IOU_TRY(b->plan->parent ? iou_plan_add_live_in(b) : iou_plan_bind_inputs(b));
    IOU_TRY(iou_plan_schedule(b));
    for (int v = 0; v < m->value_count; v++) {
        if (!iou_plan_materialize(b, &b->facts[v])) {
            return iou_plan_no_memory(b);
        }
    }
    const iou_fuse_request fuse = {.model = m,
                                   .facts = b->facts,
                                   .phases = b->phases,
                                   .uses = b->uses,
                                   .padded = b->padded,
                                   .reference_mode = b->request->reference_mode,
                                   .isa = b->request->isa,
                                   .scratch = b->scratch,
                                   .memory = b->plan->memory};
    if (!fuse.reference_mode) {
        IOU_TRY(iou_find_padded(&fuse, b->padded, b->error));
    }
    IOU_TRY(iou_fuse(&fuse, b->groups, b->error));
    IOU_TRY(iou_plan_find_parts(b));
    IOU_TRY(iou_plan_emit_all(b));
    IOU_TRY(iou_plan_bind_outputs(b));
    IOU_TRY(iou_plan_find_live_out(b));
    return iou_plan_memory(b->plan, b->request->max_memory, b->error);
}

iou_status iou_plan_create(iou_plan **out, const iou_plan_request *request, iou_error *error) {
    *out = NULL;
    iou_plan *plan = iou_memory_zeroed(1, sizeof *plan);
    IOU_FAIL_IF(!plan, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    plan->parent = request->parent;
    plan->depth = request->parent ? request->parent->depth + 1 : 0;
    plan->memory = iou_arena_create();
    iou_plan_builder b = {
        .request = request, .plan = plan, .scratch = iou_arena_create(), .error = error};
    const iou_status status = plan->memory && b.scratch ? build(&b) : iou_plan_no_memory(&b);
    iou_arena_destroy(b.scratch);
    if (status != IOU_OK) {
        iou_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return IOU_OK;
}

void iou_plan_destroy(iou_plan *plan) {
    if (plan) {
        iou_packed_weights_destroy(plan->weights.cache);
        iou_arena_destroy(plan->memory);
        iou_memory_release(plan);
    }
}

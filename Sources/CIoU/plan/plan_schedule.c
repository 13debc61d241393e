/* Which nodes a segment runs: those whose inputs and shapes are there. The others wait. */
#include "plan/plan_builder.h"

#include "core/sizes.h"

#include <string.h>

/* ---- What is needed ------------------------------------------------------------------------ */

static void count_uses(iou_plan_builder *b, const iou_node *node) {
    bool value;
    const bool decided =
        iou_node_is_if(node) && iou_condition_known(&b->facts[node->inputs[0]], &value);
    if (decided) {
        for (int i = 0; i < node->output_count; i++) {
            b->uses[node->inputs[iou_if_input(node, i, value)]]++;
        }
        return;
    }
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] >= 0) {
            b->uses[node->inputs[i]]++;
        }
    }
}

/**
 * Nodes whose outputs are known already or needed by nobody never run; counts the others' uses.
 * What only a branch that may not be taken needs counts as needed.
 */
static void drop_needless(iou_plan_builder *b) {
    const iou_model *m = b->model;
    memset(b->uses, 0, sizeof(int) * (size_t)m->value_count);
    for (int i = 0; i < m->output_count; i++) {
        b->uses[m->outputs[i]] += !b->computed[i];
    }
    for (int n = m->node_count - 1; n >= 0; n--) {
        const iou_node *node = &m->nodes[n];
        bool needed = false;
        for (int i = 0; i < node->output_count; i++) {
            const int v = node->outputs[i];
            needed = needed ||
                     (v >= 0 && b->uses[v] > 0 && !b->given[v] && !iou_plan_knows(&b->facts[v]));
        }
        if (needed) {
            count_uses(b, node);
        } else {
            b->phases[n] = IOU_NEVER;
        }
    }
}

/* ---- What is known ------------------------------------------------------------------------- */

/** Copies the bytes of an earlier value and reads its elements. */
static iou_status learn(iou_plan_builder *b, int value, int segment, int storage,
                        const void *bytes) {
    iou_fact *fact = &b->facts[value];
    const size_t size = iou_plan_fact_size(fact);
    void *copy = iou_arena_alloc(b->plan->memory, size + 1);
    void *array = b->plan->shape_dependencies;
    if (!copy || !iou_plan_reserve(b, &array, b->plan->shape_dependency_count,
                                   &b->shape_dependency_capacity, sizeof(iou_shape_dependency))) {
        return iou_plan_no_memory(b);
    }
    memcpy(copy, bytes, size);
    b->plan->shape_dependencies = array;
    b->plan->shape_dependencies[b->plan->shape_dependency_count++] =
        (iou_shape_dependency){segment, storage, size, copy};
    fact->data = copy;
    fact->data_size = size;
    b->depends_on[value] = true;
    return iou_fact_read_elements(fact, b->plan->memory) == IOU_OK ? IOU_OK : iou_plan_no_memory(b);
}

iou_status iou_plan_depend_on(iou_plan_builder *b, int value, bool *known) {
    *known = iou_plan_knows(&b->facts[value]);
    const int at = b->storages[value][IOU_PLAIN];
    size_t count;
    if (*known || !b->given[value] || at < 0 || !b->request->parent ||
        !iou_fact_count(&b->facts[value], &count) || count > IOU_MAX_ELEMENTS) {
        return IOU_OK;
    }
    const iou_storage *storage = &b->plan->storages[at];
    const iou_plan *segment = b->request->parent;
    while (segment->depth > storage->segment) {
        segment = segment->parent;
    }
    *known = true;
    return count == 0 ? IOU_OK
                      : learn(b, value, storage->segment, storage->index,
                              b->request->find(b->request->context, segment, storage->index));
}

static void note_known(iou_plan_builder *b, const iou_node *node) {
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v >= 0 && iou_plan_knows(&b->facts[v])) {
            b->ready[v] = true;
        }
    }
}

static iou_status infer(iou_plan_builder *b, const iou_node *node, iou_fact *out) {
    IOU_TRY(iou_model_infer_node(node, b->facts, false, out, b->plan->memory, b->error));
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            b->facts[node->outputs[i]] = out[i];
        }
    }
    note_known(b, node);
    return IOU_OK;
}

static bool has_shapes(const iou_node *node, const iou_fact *out) {
    bool concrete = true;
    for (int i = 0; i < node->output_count; i++) {
        concrete = concrete && (node->outputs[i] < 0 || iou_fact_is_concrete(&out[i]));
    }
    return concrete;
}

/* ---- Phases ----------------------------------------------------------------------------- */

/** Whether everything exists that the node reads. */
static bool has_inputs(const iou_plan_builder *b, const iou_node *node) {
    bool value;
    if (iou_node_is_if(node)) {
        bool ready = iou_condition_known(&b->facts[node->inputs[0]], &value);
        for (int i = 0; ready && i < node->output_count; i++) {
            ready = b->ready[node->inputs[iou_if_input(node, i, value)]];
        }
        return ready;
    }
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] >= 0 && !b->ready[node->inputs[i]]) {
            return false;
        }
    }
    return true;
}

static iou_status add_data_dependent(iou_plan_builder *b, int value, const iou_fact *largest,
                                     int output) {
    void *array = b->plan->data_dependent;
    if (!iou_plan_reserve(b, &array, b->plan->data_dependent_count, &b->data_dependent_capacity,
                          sizeof(iou_data_dependent))) {
        return iou_plan_no_memory(b);
    }
    b->plan->data_dependent = array;
    b->data_dependent[value] = b->plan->data_dependent_count++;
    b->plan->data_dependent[b->data_dependent[value]] =
        (iou_data_dependent){value, *largest, -1, output};
    return IOU_OK;
}

/** Infers the largest shapes; then the outputs whose shapes are open are data-dependent. */
static iou_status infer_largest(iou_plan_builder *b, const iou_node *node, iou_fact *out,
                                bool *data_dependent) {
    IOU_TRY(iou_model_infer_node(node, b->facts, true, out, b->plan->memory, b->error));
    *data_dependent = has_shapes(node, out);
    for (int i = 0; *data_dependent && i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v < 0 || iou_fact_is_concrete(&b->facts[v])) {
            continue;
        }
        IOU_TRY(add_data_dependent(b, v, &out[i], i));
    }
    return IOU_OK;
}

/** All that a body makes is known after its run only. */
static iou_status schedule_body(iou_plan_builder *b, int n, const iou_fact *out) {
    const iou_node *node = &b->model->nodes[n];
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v >= 0) {
            IOU_TRY(add_data_dependent(b, v, &out[i], i));
            b->ready[v] = false;
        }
    }
    b->phases[n] = IOU_NOW;
    return IOU_OK;
}

/** Learns the values of parameters, the last input first, until they decide the output's shape. */
static iou_status read_parameters(iou_plan_builder *b, const iou_node *node, iou_fact *out) {
    for (int i = node->input_count - 1; i >= 0 && !has_shapes(node, out); i--) {
        bool known = false;
        if (node->inputs[i] >= 0 && !iou_plan_knows(&b->facts[node->inputs[i]])) {
            IOU_TRY(iou_plan_depend_on(b, node->inputs[i], &known));
        }
        if (known) {
            IOU_TRY(infer(b, node, out));
        }
    }
    return IOU_OK;
}

static iou_status schedule_node(iou_plan_builder *b, int n, iou_fact *out) {
    const iou_node *node = &b->model->nodes[n];
    bool known;
    if (iou_node_is_if(node)) {
        IOU_TRY(iou_plan_depend_on(b, node->inputs[0], &known));
    }
    IOU_TRY(infer(b, node, out));
    b->phases[n] = IOU_LATER;
    if (!has_inputs(b, node)) {
        return IOU_OK;
    }
    if (node->body) {
        return schedule_body(b, n, out);
    }
    bool data_dependent = false;
    if (!has_shapes(node, out)) {
        IOU_TRY(infer_largest(b, node, out, &data_dependent));
    }
    if (!data_dependent && !has_shapes(node, out)) {
        IOU_TRY(infer(b, node, out));
        IOU_TRY(read_parameters(b, node, out));
        if (!has_shapes(node, out)) {
            IOU_TRY(infer_largest(b, node, out, &data_dependent));
        }
    }
    if (data_dependent || has_shapes(node, out)) {
        b->phases[n] = IOU_NOW;
        if (!data_dependent && iou_plan_evaluates(b, node)) {
            IOU_TRY(iou_plan_evaluate(b, node));
        }
        for (int i = 0; i < node->output_count; i++) {
            const int v = node->outputs[i];
            if (v >= 0) {
                b->ready[v] = b->data_dependent[v] < 0;
            }
        }
    }
    return IOU_OK;
}

/** A node of a branch that may not be taken: what it does not understand is no fault yet. */
static iou_status preview_node(iou_plan_builder *b, int n, iou_fact *out) {
    const iou_node *node = &b->model->nodes[n];
    iou_error ignored;
    const iou_status status =
        iou_model_infer_node(node, b->facts, false, out, b->plan->memory, &ignored);
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            b->facts[node->outputs[i]] =
                status == IOU_OK ? out[i] : (iou_fact){.rank = -1, .element_count = -1};
        }
    }
    note_known(b, node);
    b->phases[n] = IOU_LATER;
    return status == IOU_OUT_OF_MEMORY ? iou_plan_no_memory(b) : IOU_OK;
}

/** Marks the guards of needed nodes, and those around them. */
static bool *find_guards(iou_plan_builder *b) {
    const iou_model *m = b->model;
    bool *needed = iou_arena_alloc(b->scratch, (size_t)m->guard_count + 1);
    for (int n = 0; needed && n < m->node_count; n++) {
        if (m->node_guards[n] >= 0 && b->phases[n] != IOU_NEVER) {
            needed[m->node_guards[n]] = true;
        }
    }
    for (int g = m->guard_count - 1; needed && g >= 0; g--) {
        if (needed[g] && m->guards[g].parent >= 0) {
            needed[m->guards[g].parent] = true;
        }
    }
    return needed;
}

static iou_status decide_guard(iou_plan_builder *b, int g, bool needed) {
    b->guards[g] = iou_guard_look(b->model, b->facts, b->guards, g);
    const int parent = b->model->guards[g].parent;
    const bool reached = parent < 0 || b->guards[parent] == IOU_GUARD_TAKEN;
    if (needed && reached && b->guards[g] == IOU_GUARD_OPEN) {
        bool known;
        IOU_TRY(iou_plan_depend_on(b, b->model->guards[g].condition, &known));
        b->guards[g] = iou_guard_look(b->model, b->facts, b->guards, g);
    }
    return IOU_OK;
}

static iou_status schedule_nodes(iou_plan_builder *b, iou_fact *out) {
    const iou_model *m = b->model;
    const bool *needed = find_guards(b);
    if (!needed) {
        return iou_plan_no_memory(b);
    }
    int seen = 0; /* guards */
    for (int n = 0; n < m->node_count; n++) {
        const int guard = m->node_guards[n];
        for (; seen <= guard; seen++) {
            IOU_TRY(decide_guard(b, seen, needed[seen]));
        }
        const iou_guard_state state = guard < 0 ? IOU_GUARD_TAKEN : b->guards[guard];
        if (state == IOU_GUARD_SKIPPED) {
            b->phases[n] = IOU_NEVER;
        } else if (b->phases[n] != IOU_NEVER) {
            IOU_TRY(state == IOU_GUARD_OPEN ? preview_node(b, n, out) : schedule_node(b, n, out));
        }
    }
    return IOU_OK;
}

/** A segment that runs nothing must have been the last. */
static iou_status check_progress(const iou_plan_builder *b) {
    const iou_model *m = b->model;
    int stuck = -1;
    for (int n = m->node_count - 1; n >= 0; n--) {
        if (b->phases[n] == IOU_NOW) {
            return IOU_OK;
        }
        stuck = b->phases[n] == IOU_LATER ? n : stuck;
    }
    IOU_FAIL_IF(stuck >= 0 && b->plan->parent, IOU_UNSUPPORTED, b->error,
                "node '%s' (%s): the shapes of its outputs depend on its inputs' values in a way "
                "that is not supported",
                m->nodes[stuck].name, m->nodes[stuck].op_type);
    return IOU_OK;
}

iou_status iou_plan_schedule(iou_plan_builder *b) {
    const iou_model *m = b->model;
    size_t most = 1;
    for (int n = 0; n < m->node_count; n++) {
        const size_t outputs = (size_t)m->nodes[n].output_count;
        most = iou_size_max(outputs, most);
        b->phases[n] = IOU_LATER;
    }
    iou_fact *out = iou_arena_alloc(b->scratch, sizeof(iou_fact) * most);
    if (!out) {
        return iou_plan_no_memory(b);
    }
    for (int v = 0; v < m->value_count; v++) {
        b->ready[v] = b->given[v] || iou_plan_knows(&b->facts[v]);
    }
    if (b->plan->parent) { /* the first segment looks at all, so that all faults are found */
        drop_needless(b);
    }
    IOU_TRY(schedule_nodes(b, out));
    drop_needless(b);
    for (int i = 0; i < b->plan->data_dependent_count; i++) {
        const iou_data_dependent *data_dependent = &b->plan->data_dependent[i];
        b->facts[data_dependent->value] = data_dependent->largest;
    }
    return check_progress(b);
}

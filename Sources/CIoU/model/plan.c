#include "model/plan.h"

#include "model/fuse.h"
#include "model/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct builder {
    const iou_plan_request *request;
    const iou_model *model;
    iou_plan *plan;
    iou_fact *facts;
    iou_group *groups;
    int (*places)[2]; /* of each value, its storage in each layout; -1: none */
    int step_capacity, storage_capacity;
    iou_error *error;
} builder;

static iou_status no_memory(const builder *b) {
    return iou_fail(b->error, IOU_OUT_OF_MEMORY, "no memory for the plan");
}

/** Doubles an array of the plan's arena when it is full; the old one stays until the plan ends. */
static bool reserve(builder *b, void **array, int count, int *capacity, size_t element) {
    if (count < *capacity) {
        return true;
    }
    const int grown = *capacity ? *capacity * 2 : 64;
    void *memory = iou_arena_alloc(b->plan->memory, (size_t)grown * element);
    if (!memory) {
        return false;
    }
    if (count) {
        memcpy(memory, *array, (size_t)count * element);
    }
    *array = memory;
    *capacity = grown;
    return true;
}

static int add_storage(builder *b, iou_place place, size_t size, const void *constant, int index) {
    iou_plan *plan = b->plan;
    void *array = plan->storages;
    if (!reserve(b, &array, plan->storage_count, &b->storage_capacity, sizeof(iou_storage))) {
        return -1;
    }
    plan->storages = array;
    const int id = plan->storage_count++;
    plan->storages[id] = (iou_storage){
        .place = place, .index = index, .constant = constant, .size = size, .root = id};
    return id;
}

static iou_plan_step *add_step(builder *b, int inputs, int outputs) {
    iou_plan *plan = b->plan;
    void *array = plan->steps;
    if (!reserve(b, &array, plan->step_count, &b->step_capacity, sizeof(iou_plan_step))) {
        return NULL;
    }
    plan->steps = array;
    int *storages = iou_arena_alloc(plan->memory, sizeof(int) * (size_t)(inputs + outputs + 1));
    void **pointers =
        iou_arena_alloc(plan->memory, sizeof(void *) * (size_t)(inputs + outputs + 1));
    if (!storages || !pointers) {
        return NULL;
    }
    iou_plan_step *step = &plan->steps[plan->step_count++];
    *step = (iou_plan_step){.input_count = inputs,
                            .output_count = outputs,
                            .inputs = storages,
                            .outputs = storages + inputs,
                            .in = (const void **)pointers,
                            .out = pointers + inputs};
    return step;
}

static size_t fact_size(const iou_fact *fact) {
    size_t count = 0;
    (void)iou_fact_count(fact, &count);
    return count * iou_type_size(fact->type);
}

static iou_operand operand_of(const iou_fact *fact, iou_layout layout) {
    iou_operand o = {
        .type = fact->type, .rank = fact->rank, .layout = layout, .constant = fact->data};
    for (int i = 0; i < fact->rank; i++) {
        o.dims[i] = fact->dims[i].value;
    }
    (void)iou_fact_count(fact, &o.count);
    return o;
}

/* ---- Values and their storages ------------------------------------------------------------- */

/** Turns elements that inference knows into bytes; false without memory. */
static bool materialize(builder *b, iou_fact *fact) {
    if (fact->data || !fact->elements || fact->element_count < 0 || !iou_fact_is_concrete(fact)) {
        return true;
    }
    for (int i = 0; i < fact->element_count; i++) {
        if (!fact->elements[i].known) {
            return true;
        }
    }
    const size_t element = iou_type_size(fact->type);
    char *bytes = iou_arena_alloc(b->plan->memory, element * (size_t)fact->element_count + 1);
    if (!bytes) {
        return false;
    }
    for (int i = 0; i < fact->element_count; i++) { /* little endian: the low bytes come first */
        memcpy(bytes + element * (size_t)i, &fact->elements[i].value, element);
    }
    fact->data = bytes;
    fact->data_size = element * (size_t)fact->element_count;
    return true;
}

/** A constant's storage; a copy when its bytes are not aligned for direct reading. */
static int constant_storage(builder *b, const iou_fact *fact) {
    const size_t size = fact_size(fact), element = iou_type_size(fact->type);
    const void *bytes = fact->data;
    if (element > 1 && (uintptr_t)bytes % element != 0 && size > 0) {
        void *copy = iou_arena_alloc(b->plan->memory, size);
        if (!copy) {
            return -1;
        }
        memcpy(copy, bytes, size);
        bytes = copy;
    }
    return add_storage(b, IOU_PLACE_CONSTANT, size, bytes, 0);
}

static iou_status convert(builder *b, int value, iou_layout to, int from_storage, int *storage) {
    iou_operand operand =
        operand_of(&b->facts[value], to == IOU_PLAIN ? IOU_CHANNELS_LAST : IOU_PLAIN);
    const iou_storage from = b->plan->storages[from_storage];
    if (iou_layout_trivial(&operand)) {
        *storage = from_storage;
        return IOU_OK;
    }
    if (from.place == IOU_PLACE_CONSTANT) {
        void *copy = iou_arena_alloc(b->plan->memory, from.size + 1);
        if (!copy) {
            return no_memory(b);
        }
        iou_layout_copy(copy, from.constant, &operand);
        *storage = add_storage(b, IOU_PLACE_CONSTANT, from.size, copy, 0);
        return *storage < 0 ? no_memory(b) : IOU_OK;
    }
    *storage = add_storage(b, IOU_PLACE_ARENA, from.size, NULL, 0);
    iou_plan_step *step = *storage < 0 ? NULL : add_step(b, 1, 1);
    if (!step) {
        return no_memory(b);
    }
    step->name = b->model->values[value].name;
    step->type = "(layout)";
    step->inputs[0] = from_storage;
    step->outputs[0] = *storage;
    return iou_layout_step(&step->step, &operand, b->plan->memory, b->error);
}

/** The storage of a computed, given or constant value in a layout; emits a conversion if needed. */
static iou_status storage_of(builder *b, int value, iou_layout layout, int *storage) {
    int *places = b->places[value];
    if (places[IOU_PLAIN] < 0 && places[IOU_CHANNELS_LAST] < 0) {
        places[IOU_PLAIN] = constant_storage(b, &b->facts[value]);
        if (places[IOU_PLAIN] < 0) {
            return no_memory(b);
        }
    }
    if (places[layout] < 0) {
        IOU_TRY(convert(b, value, layout, places[1 - (int)layout], &places[layout]));
    }
    *storage = places[layout];
    return IOU_OK;
}

/* ---- Steps --------------------------------------------------------------------------------- */

static bool is(const iou_node *node, const char *op_type) {
    return strcmp(node->op_type, op_type) == 0;
}

static bool is_spatial(const iou_fact *fact) {
    return fact->rank >= 3 && fact->rank <= 5;
}

static bool is_view(const iou_node *node) {
    static const char *const views[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (is(node, views[i])) {
            return true;
        }
    }
    return false;
}

/** Whether a Transpose only renames the layout that its input has; then the output's layout. */
static bool renames_layout(const builder *b, const iou_node *node, iou_layout *out) {
    const iou_fact *fact = &b->facts[node->inputs[0]];
    size_t count;
    const int64_t *perm = iou_attribute_ints(node, "perm", &count);
    if (!is_spatial(fact) || count != (size_t)fact->rank || perm[0] != 0) {
        return false;
    }
    const int r = fact->rank;
    bool to_last = true, to_first = true;
    for (int i = 1; i < r; i++) {
        to_last = to_last && perm[i] == (i == r - 1 ? 1 : i + 1);
        to_first = to_first && perm[i] == (i == 1 ? r - 1 : i - 1);
    }
    const int *places = b->places[node->inputs[0]];
    if (to_last && places[IOU_CHANNELS_LAST] >= 0) {
        *out = IOU_PLAIN;
        return true;
    }
    if (to_first && places[IOU_PLAIN] >= 0) {
        *out = IOU_CHANNELS_LAST;
        return true;
    }
    return false;
}

/** Gives the output the bytes of the input where the operator computes nothing. */
static iou_status alias(builder *b, const iou_node *node, bool *aliased) {
    const int in = node->inputs[0], out = node->outputs[0];
    iou_layout layout;
    *aliased = true;
    if (is_view(node)) {
        return storage_of(b, in, IOU_PLAIN, &b->places[out][IOU_PLAIN]);
    }
    if ((is(node, "Identity") || (is(node, "Dropout") && node->output_count == 1)) &&
        !b->facts[in].data) {
        memcpy(b->places[out], b->places[in], sizeof b->places[out]);
        return IOU_OK;
    }
    if (is(node, "Transpose") && renames_layout(b, node, &layout)) {
        b->places[out][layout] = b->places[in][1 - (int)layout];
        return IOU_OK;
    }
    *aliased = false;
    return IOU_OK;
}

/** Storages are numbered as they are made: the lower one is the original, the other a conversion.
 */
static bool was_produced_channels_last(const int *places) {
    return places[IOU_CHANNELS_LAST] >= 0 &&
           (places[IOU_PLAIN] < 0 || places[IOU_CHANNELS_LAST] < places[IOU_PLAIN]);
}

/** The layout of a group's first output, and of its first input (or all full inputs). */
static iou_layout choose_layout(const builder *b, const iou_node *node) {
    const iou_fact *out = node->outputs[0] >= 0 ? &b->facts[node->outputs[0]] : NULL;
    if (node->op->layout == IOU_LAYOUT_CHANNELS) {
        return node->input_count > 0 && node->inputs[0] >= 0 &&
                       is_spatial(&b->facts[node->inputs[0]])
                   ? IOU_CHANNELS_LAST
                   : IOU_PLAIN;
    }
    if (node->op->layout == IOU_LAYOUT_PLAIN || b->request->separate || !out || !is_spatial(out)) {
        return IOU_PLAIN;
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v >= 0 && b->facts[v].rank == out->rank && was_produced_channels_last(b->places[v])) {
            return IOU_CHANNELS_LAST;
        }
    }
    return IOU_PLAIN;
}

static iou_layout input_layout(const builder *b, const iou_node *node, int input,
                               iou_layout chosen) {
    if (node->op->layout == IOU_LAYOUT_CHANNELS) {
        return input == 0 ? chosen : IOU_PLAIN;
    }
    const iou_fact *fact = &b->facts[node->inputs[input]];
    const iou_fact *out = &b->facts[node->outputs[0]];
    return fact->rank == out->rank ? chosen : IOU_PLAIN;
}

static const char *group_type(builder *b, const iou_group *group) {
    char text[160];
    const char *norm = group->norm >= 0 ? "+BatchNormalization" : "";
    const char *add = group->residual < 0 ? "" : group->residual_upsampled ? "+Resize+Add" : "+Add";
    const bool active = group->activation >= 0;
    const int length =
        snprintf(text, sizeof text, "%s%s%s%s%s", b->model->nodes[group->head].op_type, norm, add,
                 active ? "+" : "", active ? b->model->nodes[group->activation].op_type : "");
    return iou_arena_strdup(b->plan->memory, text, (size_t)length);
}

typedef struct operands {
    iou_operand *values;        /* inputs, then outputs */
    const iou_operand **inputs; /* NULL: absent */
    iou_operand residual;
} operands;

static iou_status collect_inputs(builder *b, const iou_node *node, const iou_group *group,
                                 iou_layout layout, operands *o, int *storages) {
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        storages[i] = -1;
        if (v < 0) {
            continue;
        }
        const iou_layout wanted = input_layout(b, node, i, layout);
        o->values[i] = operand_of(&b->facts[v], wanted);
        o->inputs[i] = &o->values[i];
        /* Convolutions pack constant weights from wherever they are: no aligned copy. */
        if (!(is(node, "Conv") && i > 0 && b->facts[v].data)) {
            IOU_TRY(storage_of(b, v, wanted, &storages[i]));
        }
    }
    if (group->residual >= 0) {
        o->residual = operand_of(&b->facts[group->residual], IOU_CHANNELS_LAST);
        IOU_TRY(storage_of(b, group->residual, IOU_CHANNELS_LAST, &storages[node->input_count]));
    }
    return IOU_OK;
}

static iou_status add_outputs(builder *b, const iou_node *node, const iou_group *group,
                              iou_layout layout, operands *o, iou_plan_step *step) {
    for (int i = 0; i < node->output_count; i++) {
        const int v = i == 0 ? b->model->nodes[group->last].outputs[0] : node->outputs[i];
        step->outputs[i] = -1;
        iou_operand *out = &o->values[node->input_count + i];
        if (v < 0) {
            continue;
        }
        const iou_fact *fact = &b->facts[v];
        const iou_layout wanted = i == 0 && is_spatial(fact) ? layout : IOU_PLAIN;
        *out = operand_of(fact, wanted);
        step->outputs[i] = add_storage(b, IOU_PLACE_ARENA, fact_size(fact), NULL, 0);
        if (step->outputs[i] < 0) {
            return no_memory(b);
        }
        b->places[v][wanted] = step->outputs[i];
    }
    return IOU_OK;
}

static iou_status emit_step(builder *b, const iou_group *group) {
    const iou_node *node = &b->model->nodes[group->head];
    const int inputs = node->input_count + (group->residual >= 0);
    const size_t total = (size_t)(node->input_count + node->output_count + 1);
    operands o = {.values = iou_arena_alloc(b->plan->memory, sizeof(iou_operand) * total),
                  .inputs = iou_arena_alloc(b->plan->memory, sizeof(iou_operand *) * total)};
    int *storages = iou_arena_alloc(b->plan->memory, sizeof(int) * (size_t)(inputs + 1));
    if (!o.values || !o.inputs || !storages) {
        return no_memory(b);
    }
    const iou_layout layout = choose_layout(b, node);
    IOU_TRY(collect_inputs(b, node, group, layout, &o, storages)); /* may emit conversions before */
    iou_plan_step *step = add_step(b, inputs, node->output_count);
    if (!step) {
        return no_memory(b);
    }
    memcpy(step->inputs, storages, sizeof(int) * (size_t)inputs);
    step->name = node->name;
    step->type = group_type(b, group);
    IOU_TRY(add_outputs(b, node, group, layout, &o, step));
    iou_epilogue epilogue;
    IOU_TRY(iou_fuse_epilogue(b->model, b->facts, group, b->plan->memory, &epilogue, b->error));
    iou_operand *residual = iou_arena_alloc(b->plan->memory, sizeof *residual);
    iou_epilogue *kept = iou_arena_alloc(b->plan->memory, sizeof *kept);
    if (!residual || !kept) {
        return no_memory(b);
    }
    *residual = o.residual;
    epilogue.residual = group->residual >= 0 ? residual : NULL;
    *kept = epilogue;
    step->step = (iou_step){.task_count = 1, .algorithm = "plain", .isa = "scalar"};
    const iou_prepare prepare = {node,
                                 o.inputs,
                                 o.values + node->input_count,
                                 kept,
                                 b->request->isa,
                                 b->plan->memory,
                                 b->request->weights,
                                 &step->step,
                                 b->error};
    IOU_TRY(node->op->prepare(&prepare));
    IOU_FAIL_IF(step->step.scratch_size > b->request->max_memory, IOU_LIMIT, b->error,
                "node '%s' (%s): its %zu bytes of scratch are more than the allowed %zu",
                node->name, node->op_type, step->step.scratch_size, b->request->max_memory);
    if (step->step.scratch_size > b->plan->scratch_size) {
        b->plan->scratch_size = step->step.scratch_size;
    }
    return IOU_OK;
}

/** Refuses a value of more bytes than all may have, before tables for it are made. */
static iou_status check_size(const builder *b, const iou_node *node, int value) {
    const iou_fact *fact = &b->facts[value];
    size_t size = 0;
    if (iou_fact_is_concrete(fact)) {
        (void)iou_fact_count(fact, &size);
        IOU_FAIL_IF(__builtin_mul_overflow(size, iou_type_size(fact->type), &size) ||
                        size > b->request->max_memory,
                    IOU_LIMIT, b->error,
                    "node '%s' (%s): output '%s' needs more than the allowed %zu bytes", node->name,
                    node->op_type, b->model->values[value].name, b->request->max_memory);
    }
    return IOU_OK;
}

static iou_status check_concrete(const builder *b, const iou_node *node) {
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v >= 0 && b->model->values[v].use_count > 0 && !iou_fact_is_concrete(&b->facts[v])) {
            return iou_fail(
                b->error, IOU_UNSUPPORTED,
                "node '%s' (%s): the shape of output '%s' depends on data, which is not "
                "supported",
                node->name, node->op_type, b->model->values[v].name);
        }
        IOU_TRY(check_size(b, node, v));
    }
    return IOU_OK;
}

static iou_status emit_group(builder *b, const iou_group *group) {
    const iou_node *node = &b->model->nodes[group->head];
    IOU_TRY(check_concrete(b, &b->model->nodes[group->last]));
    bool aliased = false;
    if (!b->request->separate && group->head == group->last && node->input_count > 0 &&
        node->inputs[0] >= 0 && node->outputs[0] >= 0) {
        IOU_TRY(alias(b, node, &aliased));
    }
    return aliased ? IOU_OK : emit_step(b, group);
}

/* ---- Inputs and outputs -------------------------------------------------------------------- */

static iou_status bind_symbol(builder *b, const iou_dim *declared, int64_t given, const char *input,
                              int axis, iou_dim *bound, int *bound_count) {
    for (int i = 0; i < *bound_count; i++) {
        if (strcmp(bound[i].symbol, declared->symbol) == 0) {
            IOU_FAIL_IF(bound[i].value != given, IOU_INVALID_ARGUMENT, b->error,
                        "input '%s': dimension %d ('%s') is %lld, but another '%s' is %lld", input,
                        axis, declared->symbol, (long long)given, declared->symbol,
                        (long long)bound[i].value);
            return IOU_OK;
        }
    }
    bound[(*bound_count)++] = (iou_dim){.symbol = declared->symbol, .value = given};
    return IOU_OK;
}

static iou_status place_inputs(builder *b) {
    const iou_model *m = b->model;
    iou_dim *bound = iou_arena_alloc(b->plan->memory,
                                     sizeof(iou_dim) * (size_t)(m->input_count * IOU_MAX_RANK + 1));
    if (!bound) {
        return no_memory(b);
    }
    int bound_count = 0;
    for (int i = 0; i < m->input_count; i++) {
        const iou_tensor *given = b->request->inputs[i];
        iou_fact *fact = &b->facts[m->inputs[i]];
        const char *name = m->values[m->inputs[i]].name;
        IOU_FAIL_IF(fact->rank >= 0 && fact->rank != given->rank, IOU_INVALID_ARGUMENT, b->error,
                    "input '%s': rank %d is wanted, %d was given", name, fact->rank, given->rank);
        for (int d = 0; d < given->rank; d++) {
            const iou_dim declared = fact->rank >= 0 ? fact->dims[d] : iou_dim_unknown();
            IOU_FAIL_IF(declared.known && declared.value != given->dims[d], IOU_INVALID_ARGUMENT,
                        b->error, "input '%s': dimension %d is %lld, %lld was given", name, d,
                        (long long)declared.value, (long long)given->dims[d]);
            if (!declared.known && declared.symbol) {
                IOU_TRY(bind_symbol(b, &declared, given->dims[d], name, d, bound, &bound_count));
            }
            fact->dims[d] = iou_dim_number(given->dims[d]);
        }
        fact->rank = given->rank;
        const int storage = add_storage(b, IOU_PLACE_INPUT, fact_size(fact), NULL, i);
        if (storage < 0) {
            return no_memory(b);
        }
        b->places[m->inputs[i]][IOU_PLAIN] = storage;
    }
    return IOU_OK;
}

static iou_status run_copy(const iou_call *call, size_t task) {
    (void)task;
    memcpy(call->out[0], call->in[0], *(const size_t *)call->params);
    return IOU_OK;
}

static iou_status add_copy(builder *b, int output, int from, int *storage) {
    const size_t size = b->plan->storages[from].size;
    *storage = add_storage(b, IOU_PLACE_OUTPUT, size, NULL, output);
    iou_plan_step *step = *storage < 0 ? NULL : add_step(b, 1, 1);
    size_t *bytes = iou_arena_alloc(b->plan->memory, sizeof *bytes);
    if (!step || !bytes) {
        return no_memory(b);
    }
    *bytes = size;
    step->name = b->model->values[b->model->outputs[output]].name;
    step->type = "(output)";
    step->inputs[0] = from;
    step->outputs[0] = *storage;
    step->step = (iou_step){
        .run = run_copy, .params = bytes, .task_count = 1, .algorithm = "copy", .isa = "scalar"};
    return IOU_OK;
}

/** Lets the step that computes an output write into the output's own memory where possible. */
static iou_status place_outputs(builder *b) {
    const iou_model *m = b->model;
    iou_plan_output *outputs =
        iou_arena_alloc(b->plan->memory, sizeof(iou_plan_output) * (size_t)m->output_count);
    if (!outputs) {
        return no_memory(b);
    }
    b->plan->outputs = outputs;
    for (int i = 0; i < m->output_count; i++) {
        const int v = m->outputs[i];
        const iou_operand operand = operand_of(&b->facts[v], IOU_PLAIN);
        iou_plan_output *out = &outputs[i];
        *out = (iou_plan_output){
            .type = operand.type, .rank = operand.rank, .size = fact_size(&b->facts[v])};
        memcpy(out->dims, operand.dims, sizeof out->dims);
        int storage;
        IOU_TRY(storage_of(b, v, IOU_PLAIN, &storage));
        if (b->plan->storages[storage].place == IOU_PLACE_ARENA) {
            b->plan->storages[storage].place = IOU_PLACE_OUTPUT;
            b->plan->storages[storage].index = i;
            out->storage = storage;
        } else {
            IOU_TRY(add_copy(b, i, storage, &out->storage));
        }
    }
    return IOU_OK;
}

static iou_status build(builder *b) {
    const iou_model *m = b->model;
    const size_t values = (size_t)m->value_count + 1;
    b->facts = iou_arena_alloc(b->plan->memory, sizeof(iou_fact) * values);
    b->groups = iou_arena_alloc(b->plan->memory, sizeof(iou_group) * ((size_t)m->node_count + 1));
    b->places = iou_arena_alloc(b->plan->memory, sizeof(*b->places) * values);
    if (!b->facts || !b->groups || !b->places) {
        return no_memory(b);
    }
    memcpy(b->facts, m->facts, sizeof(iou_fact) * (size_t)m->value_count);
    memset(b->places, 0xff, sizeof(*b->places) * values);
    IOU_TRY(place_inputs(b));
    IOU_TRY(iou_model_infer(m, b->facts, b->plan->memory, b->error));
    for (int v = 0; v < m->value_count; v++) {
        if (!materialize(b, &b->facts[v])) {
            return no_memory(b);
        }
    }
    IOU_TRY(iou_fuse(m, b->facts, b->request->separate, b->groups, b->plan->memory, b->error));
    for (int n = 0; n < m->node_count; n++) {
        if (b->groups[n].head >= 0) {
            IOU_TRY(emit_group(b, &b->groups[n]));
        }
    }
    IOU_TRY(place_outputs(b));
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
    builder b = {.request = request, .model = request->model, .plan = plan, .error = error};
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

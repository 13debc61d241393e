/* From groups of nodes to steps. */
#include "model/plan_builder.h"

#include <stdio.h>
#include <string.h>

/** The layout of a group's first output, and of its first input (or all full inputs). */
static iou_layout choose_layout(const iou_plan_builder *b, const iou_node *node) {
    const iou_fact *out = node->outputs[0] >= 0 ? &b->facts[node->outputs[0]] : NULL;
    if (node->op->layout == IOU_LAYOUT_CHANNELS) {
        return node->input_count > 0 && node->inputs[0] >= 0 &&
                       iou_fact_is_spatial(&b->facts[node->inputs[0]])
                   ? IOU_CHANNELS_LAST
                   : IOU_PLAIN;
    }
    if (node->op->layout == IOU_LAYOUT_PLAIN || b->request->separate || !out ||
        !iou_fact_is_spatial(out)) {
        return IOU_PLAIN;
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v >= 0 && b->facts[v].rank == out->rank && iou_plan_made_channels_last(b->places[v])) {
            return IOU_CHANNELS_LAST;
        }
    }
    return IOU_PLAIN;
}

static iou_layout input_layout(const iou_plan_builder *b, const iou_node *node, int input,
                               iou_layout chosen) {
    if (node->op->layout == IOU_LAYOUT_CHANNELS) {
        return input == 0 ? chosen : IOU_PLAIN;
    }
    if (chosen == IOU_PLAIN) { /* also where the first output is absent */
        return IOU_PLAIN;
    }
    const iou_fact *fact = &b->facts[node->inputs[input]];
    const iou_fact *out = &b->facts[node->outputs[0]];
    return fact->rank == out->rank ? chosen : IOU_PLAIN;
}

/** What a step reads and writes. */
typedef struct operands {
    iou_operand *values;        /* inputs, then outputs */
    const iou_operand **inputs; /* NULL: absent */
    iou_operand *residual;
} operands;

static iou_layout output_layout(const iou_plan_builder *b, int output, int value,
                                iou_layout chosen) {
    return output == 0 && iou_fact_is_spatial(&b->facts[value]) ? chosen : IOU_PLAIN;
}

/** The value of a group's output: the first is that of its last node. */
static int output_value(const iou_plan_builder *b, const iou_group *group, int output) {
    return output == 0 ? b->model->nodes[group->last].outputs[0]
                       : b->model->nodes[group->head].outputs[output];
}

static bool describe(const iou_plan_builder *b, const iou_group *group, iou_layout layout,
                     operands *o) {
    const iou_node *node = &b->model->nodes[group->head];
    const size_t total = (size_t)(node->input_count + node->output_count + 1);
    iou_arena *memory = b->plan->memory;
    o->values = iou_arena_alloc(memory, sizeof(iou_operand) * total);
    o->inputs = iou_arena_alloc(memory, sizeof(iou_operand *) * total);
    o->residual = iou_arena_alloc(memory, sizeof *o->residual);
    if (!o->values || !o->inputs || !o->residual) {
        return false;
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v >= 0) {
            o->values[i] = iou_plan_operand(&b->facts[v], input_layout(b, node, i, layout));
            o->inputs[i] = &o->values[i];
        }
    }
    for (int i = 0; i < node->output_count; i++) {
        const int v = output_value(b, group, i);
        if (v >= 0) {
            o->values[node->input_count + i] =
                iou_plan_operand(&b->facts[v], output_layout(b, i, v, layout));
        }
    }
    if (group->residual >= 0) {
        *o->residual = iou_plan_operand(&b->facts[group->residual], IOU_CHANNELS_LAST);
    }
    return true;
}

/** A group with its operands and its step, which is not emitted yet. */
typedef struct prepared_group {
    const iou_group *group;
    operands operands;
    iou_step step;
    const struct prepared_group *inner; /* joined to the step; or NULL */
} prepared_group;

/** Such as "Conv+BatchNormalization+Relu", behind what is joined to it. */
static const char *step_type(iou_plan_builder *b, const prepared_group *p) {
    const iou_group *group = p->group;
    const char *before = p->inner ? step_type(b, p->inner) : NULL;
    char text[480];
    const char *norm = group->norm >= 0 ? "+BatchNormalization" : "";
    const char *add = group->residual < 0 ? "" : group->residual_upsampled ? "+Resize+Add" : "+Add";
    const bool active = group->activation >= 0;
    const int length =
        snprintf(text, sizeof text, "%s%s%s%s%s%s%s", before ? before : "", before ? "+" : "",
                 b->model->nodes[group->head].op_type, norm, add, active ? "+" : "",
                 active ? b->model->nodes[group->activation].op_type : "");
    return iou_arena_strdup(b->plan->memory, text, (size_t)length);
}

static bool is_packed(const iou_step *step, int input) {
    return input < IOU_PACKED_INPUTS && (step->packed >> input & 1) != 0;
}

static size_t packed_size(const iou_plan_builder *b, const prepared_group *p) {
    const iou_node *node = &b->model->nodes[p->group->head];
    const iou_operand *const *inputs = p->operands.inputs;
    size_t size = p->inner ? packed_size(b, p->inner) : 0;
    for (int i = 0; i < node->input_count; i++) {
        if (inputs[i] && is_packed(&p->step, i)) {
            size += inputs[i]->count * iou_type_size(inputs[i]->type);
        }
    }
    return size;
}

static iou_status store_input(iou_plan_builder *b, const prepared_group *p, int input,
                              int *storage) {
    const int value = b->model->nodes[p->group->head].inputs[input];
    *storage = -1;
    return value < 0 || is_packed(&p->step, input)
               ? IOU_OK
               : iou_plan_storage_of(b, value, p->operands.inputs[input]->layout, storage);
}

/** Storages of what the run reads, -1 for the rest; may emit conversions. */
static iou_status store_inputs(iou_plan_builder *b, const prepared_group *p, int *storages) {
    const iou_group *group = p->group;
    const int count = b->model->nodes[group->head].input_count;
    const prepared_group *first = p;
    while (first->inner) {
        first = first->inner;
    }
    for (int i = 0; i < count; i++) {
        IOU_TRY(store_input(b, i == 0 ? first : p, i, &storages[i]));
    }
    return group->residual < 0
               ? IOU_OK
               : iou_plan_storage_of(b, group->residual, IOU_CHANNELS_LAST, &storages[count]);
}

static iou_status store_outputs(iou_plan_builder *b, const iou_group *group, const operands *o,
                                iou_plan_step *step) {
    const iou_node *node = &b->model->nodes[group->head];
    bool measures = false;
    for (int i = 0; i < node->output_count; i++) {
        const int v = output_value(b, group, i);
        step->outputs[i] = -1;
        if (v < 0) {
            continue;
        }
        step->outputs[i] =
            iou_plan_add_storage(b, IOU_PLACE_ARENA, iou_plan_fact_size(&b->facts[v]), NULL, 0);
        if (step->outputs[i] < 0) {
            return iou_plan_no_memory(b);
        }
        b->places[v][o->values[node->input_count + i].layout] = step->outputs[i];
        if (b->measured[v] >= 0) {
            b->plan->measured[b->measured[v]].step = b->plan->step_count - 1;
            measures = true;
        }
    }
    if (measures) {
        step->out_dims =
            iou_arena_alloc(b->plan->memory, sizeof(*step->out_dims) * (size_t)node->output_count);
    }
    return measures && !step->out_dims ? iou_plan_no_memory(b) : IOU_OK;
}

/** The model's packed weights; the plan's own where a constant is one in this plan alone. */
static iou_status choose_weights(iou_plan_builder *b, const iou_node *node,
                                 const iou_weights **weights) {
    *weights = b->request->weights;
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v < 0 || !b->facts[v].data || b->model->facts[v].data) {
            continue;
        }
        if (!b->plan->weights.shelf) {
            b->plan->weights = (iou_weights){iou_shelf_create(NULL), b->request->isa, NULL};
        }
        *weights = &b->plan->weights;
        return b->plan->weights.shelf ? IOU_OK : iou_plan_no_memory(b);
    }
    return IOU_OK;
}

/** `inner`, or NULL, is joined to the group's step if that pays. */
static iou_status prepare_group(iou_plan_builder *b, const iou_group *group,
                                const prepared_group *inner, prepared_group *p) {
    const iou_node *node = &b->model->nodes[group->head];
    operands *o = &p->operands;
    p->group = group;
    iou_epilogue *epilogue = iou_arena_alloc(b->plan->memory, sizeof *epilogue);
    if (!epilogue || !describe(b, group, choose_layout(b, node), o)) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(iou_fuse_epilogue(b->model, b->facts, group, b->plan->memory, epilogue, b->error));
    epilogue->residual = group->residual >= 0 ? o->residual : NULL;
    const iou_weights *weights;
    IOU_TRY(choose_weights(b, node, &weights));
    p->step = (iou_step){.task_count = 1, .algorithm = "plain", .isa = "scalar"};
    const iou_prepare prepare = {
        node,
        o->inputs,
        o->values + node->input_count,
        epilogue,
        b->request->isa,
        node->input_count > 1 && node->inputs[1] >= 0 ? b->sharing[node->inputs[1]] : 0,
        b->plan->memory,
        weights,
        &p->step,
        b->error};
    IOU_TRY(node->op->prepare(&prepare));
    bool joined = false;
    if (inner && p->step.join) {
        IOU_TRY(p->step.join(&prepare, &inner->step, &joined));
    }
    p->inner = joined ? inner : NULL;
    return IOU_OK;
}

static iou_status reserve_scratch(iou_plan_builder *b, const prepared_group *p) {
    const iou_node *node = &b->model->nodes[p->group->head];
    const size_t size = p->step.scratch_size;
    IOU_FAIL_IF(size > b->request->max_memory, IOU_LIMIT, b->error,
                "node '%s' (%s): its %zu bytes of scratch are more than the allowed %zu",
                node->name, node->op_type, size, b->request->max_memory);
    if (size > b->plan->scratch_size) {
        b->plan->scratch_size = size;
    }
    return IOU_OK;
}

static iou_status add_step(iou_plan_builder *b, const prepared_group *p) {
    const iou_group *group = p->group;
    const iou_node *node = &b->model->nodes[group->head];
    const int inputs = node->input_count + (group->residual >= 0);
    int *storages = iou_arena_alloc(b->plan->memory, sizeof(int) * (size_t)(inputs + 1));
    if (!storages) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(reserve_scratch(b, p));
    IOU_TRY(store_inputs(b, p, storages));
    iou_plan_step *step = iou_plan_add_step(b, inputs, node->output_count);
    if (!step) {
        return iou_plan_no_memory(b);
    }
    memcpy(step->inputs, storages, sizeof(int) * (size_t)inputs);
    step->name = node->name;
    step->type = step_type(b, p);
    step->step = p->step;
    step->packed_size = packed_size(b, p);
    return store_outputs(b, group, &p->operands, step);
}

/** Refuses a value of more bytes than all may have, before tables for it are made. */
static iou_status check_size(const iou_plan_builder *b, const iou_node *node, int value) {
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

static iou_status check_sizes(const iou_plan_builder *b, const iou_node *node) {
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            IOU_TRY(check_size(b, node, node->outputs[i]));
        }
    }
    return IOU_OK;
}

/** Prepares a group behind its inner ones; emits what is not joined to it. */
static iou_status prepare_chain(iou_plan_builder *b, const iou_group *group,
                                prepared_group **made) {
    prepared_group *inner = NULL;
    if (group->inner >= 0) {
        IOU_TRY(check_sizes(b, &b->model->nodes[group->inner]));
        IOU_TRY(prepare_chain(b, &b->groups[group->inner], &inner));
    }
    *made = iou_arena_alloc(b->scratch, sizeof **made);
    if (!*made) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(prepare_group(b, group, inner, *made));
    return inner && !(*made)->inner ? add_step(b, inner) : IOU_OK;
}

iou_status iou_plan_emit(iou_plan_builder *b, const iou_group *group) {
    if (!iou_node_is_if(&b->model->nodes[group->head])) {
        IOU_TRY(check_sizes(b, &b->model->nodes[group->last]));
    }
    bool aliased;
    IOU_TRY(iou_plan_alias(b, group, &aliased));
    if (aliased) {
        return IOU_OK;
    }
    prepared_group *made;
    IOU_TRY(prepare_chain(b, group, &made));
    return add_step(b, made);
}

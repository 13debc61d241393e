/* From groups of nodes to steps. */
#include "core/memory.h"
#include "ops/body.h"
#include "plan/plan_group.h"

#include <stdio.h>
#include <string.h>

/** Such as "Conv+BatchNormalization+Relu", behind the producer that is fused into it. */
static const char *step_type(iou_plan_builder *b, const iou_prepared_group *p) {
    const iou_group *group = p->group;
    const char *before = p->inner ? step_type(b, p->inner) : NULL;
    char text[480];
    int length = snprintf(text, sizeof text, "%s%s%s", before ? before : "", before ? "+" : "",
                          b->model->nodes[group->head].op_type);
    for (int i = 0; i < group->fused_count && length < (int)sizeof text; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, "+%s",
                           b->model->nodes[group->fused[i]].op_type);
    }
    return iou_arena_strdup(b->plan->memory, text, strlen(text));
}

static bool is_packed(const iou_step *step, int input) {
    return input < IOU_PACKED_INPUTS && (step->packed >> input & 1) != 0;
}

static size_t packed_size(const iou_plan_builder *b, const iou_prepared_group *p) {
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

static iou_status store_input(iou_plan_builder *b, const iou_prepared_group *p, int input,
                              int *storage) {
    const int value = iou_unpadded(b->padded, b->model->nodes[p->group->head].inputs[input]);
    *storage = -1;
    if (value >= 0 && p->operands.inputs[input]->pitch > 0) {
        *storage = b->storages[value][IOU_PITCHED_STORAGE];
        return IOU_OK;
    }
    return value < 0 || is_packed(&p->step, input)
               ? IOU_OK
               : iou_plan_storage_of(b, value, p->operands.inputs[input]->layout, storage);
}

/** Storages of a group's inputs from `first` on, and of its operands; -1 for what the run does not
 * read. May emit conversions. */
static iou_status store_own_inputs(iou_plan_builder *b, const iou_prepared_group *p, int first,
                                   int **storages) {
    const iou_group *group = p->group;
    for (int i = first; i < b->model->nodes[group->head].input_count; i++) {
        IOU_TRY(store_input(b, p, i, (*storages)++));
    }
    for (int i = 0; i < iou_epilogue_operands(&group->epilogue); i++) {
        const int value = iou_group_operand(group, i);
        const iou_operand *operand = &p->operands.added[i];
        int *storage = (*storages)++;
        *storage = b->storages[value][IOU_PITCHED_STORAGE];
        if (operand->pitch == 0) {
            IOU_TRY(iou_plan_storage_of(b, value, operand->layout, storage));
        }
    }
    return IOU_OK;
}

/** Inputs of a group's step: what it reads itself, but for input 0 that of the first of those fused
 * into it; then what these read, the last first. */
static int input_count(const iou_plan_builder *b, const iou_prepared_group *p) {
    int count =
        b->model->nodes[p->group->head].input_count + iou_epilogue_operands(&p->group->epilogue);
    while ((p = p->inner) != NULL) {
        count += b->model->nodes[p->group->head].input_count - 1 +
                 iou_epilogue_operands(&p->group->epilogue);
    }
    return count;
}

static iou_status store_inputs(iou_plan_builder *b, const iou_prepared_group *p, int *storages) {
    const iou_prepared_group *first = p;
    while (first->inner) {
        first = first->inner;
    }
    if (b->model->nodes[p->group->head].input_count > 0) {
        IOU_TRY(store_input(b, first, 0, storages++));
    }
    for (; p; p = p->inner) {
        IOU_TRY(store_own_inputs(b, p, 1, &storages));
    }
    return IOU_OK;
}

/** The storage of an output that only the run measures. */
static iou_status store_body_output(iou_plan_builder *b, const iou_node *node, int output,
                                    int *storage) {
    *storage = iou_plan_add_storage(b, IOU_STORAGE_BODY, 0, NULL, output);
    if (*storage < 0) {
        return iou_plan_no_memory(b);
    }
    b->plan->storages[*storage].segment = node->body->number;
    b->storages[node->outputs[output]][IOU_PLAIN] = *storage;
    return IOU_OK;
}

/** Storages of a group's outputs, which are the step's from `first` on. */
static iou_status store_outputs(iou_plan_builder *b, const iou_prepared_group *p,
                                iou_plan_step *step, size_t first) {
    const iou_node *node = &b->model->nodes[p->group->head];
    bool data_dependent = false;
    for (int i = 0; i < node->output_count; i++) {
        const int v = iou_plan_output_value(b, p->group, i);
        int *storage = &step->outputs[first + (size_t)i];
        *storage = -1;
        if (v < 0) {
            continue;
        }
        const iou_layout layout = p->operands.values[node->input_count + i].layout;
        IOU_TRY(node->body ? store_body_output(b, node, i, storage)
                           : iou_plan_store_output(b, v, layout, storage));
        if (b->data_dependent[v] >= 0) {
            b->plan->data_dependent[b->data_dependent[v]].step = b->plan->step_count - 1;
            data_dependent = true;
        }
    }
    if (data_dependent) {
        step->out_dims =
            iou_arena_alloc(b->plan->memory, sizeof(*step->out_dims) * (size_t)node->output_count);
    }
    return data_dependent && !step->out_dims ? iou_plan_no_memory(b) : IOU_OK;
}

static iou_status reserve_scratch(iou_plan_builder *b, const iou_node *node, size_t size) {
    IOU_FAIL_IF(size > b->request->max_memory, IOU_LIMIT, b->error,
                "node '%s' (%s): its %zu bytes of scratch are more than the allowed %zu",
                node->name, node->op_type, size, b->request->max_memory);
    const size_t part = iou_memory_aligned(size); /* the next thread's begins behind it */
    if (part > b->plan->scratch_size) {
        b->plan->scratch_size = part;
    }
    return IOU_OK;
}

/** Adds the first group's step, which computes all `count` of them. */
static iou_status add_step(iou_plan_builder *b, const iou_prepared_group *groups, size_t count) {
    const iou_node *node = &b->model->nodes[groups->group->head];
    const int each = input_count(b, groups);
    const int inputs = each * (int)count, outputs = node->output_count * (int)count;
    int *storages = iou_arena_alloc(b->plan->memory, sizeof(int) * (size_t)(inputs + 1));
    if (!storages) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(reserve_scratch(b, node, groups->step.scratch_size));
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(store_inputs(b, &groups[i], storages + i * (size_t)each));
    }
    iou_plan_step *step = iou_plan_add_step(b, inputs, outputs);
    if (!step) {
        return iou_plan_no_memory(b);
    }
    memcpy(step->inputs, storages, sizeof(int) * (size_t)inputs);
    step->name = node->name;
    step->type = step_type(b, groups);
    step->step = groups->step;
    step->body = node->body;
    step->packed_size = packed_size(b, groups);
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(store_outputs(b, &groups[i], step, i * (size_t)node->output_count));
    }
    return IOU_OK;
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

/** Prepares a group behind its inner ones, which are fused into its step or emitted. */
static iou_status prepare_chain(iou_plan_builder *b, const iou_group *group,
                                iou_prepared_group **made) {
    iou_prepared_group *inner = NULL;
    if (group->inner >= 0) {
        IOU_TRY(check_sizes(b, &b->model->nodes[group->inner]));
        IOU_TRY(prepare_chain(b, &b->groups[group->inner], &inner));
    }
    iou_prepared_group *p = *made = iou_arena_alloc(b->scratch, sizeof *p);
    if (!p) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(iou_plan_prepare_group(b, group, false, p));
    bool fused = false;
    if (inner && p->step.fuse_producer) {
        IOU_TRY(p->step.fuse_producer(&p->prepare, &inner->step, &fused));
    }
    p->inner = fused ? inner : NULL;
    return inner && !fused ? add_step(b, inner, 1) : IOU_OK;
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
    iou_prepared_group *made;
    IOU_TRY(prepare_chain(b, group, &made));
    return add_step(b, made, 1);
}

iou_status iou_plan_emit_batched(iou_plan_builder *b, const iou_group *const *groups,
                                 size_t count) {
    iou_prepared_group *made = iou_arena_alloc(b->scratch, sizeof *made * count);
    const iou_step **steps = iou_arena_alloc(b->scratch, sizeof *steps * count);
    if (!made || !steps) {
        return iou_plan_no_memory(b);
    }
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(check_sizes(b, &b->model->nodes[groups[i]->last]));
        IOU_TRY(iou_plan_prepare_group(b, groups[i], true, &made[i]));
        steps[i] = &made[i].step;
    }
    bool batched = false;
    if (made->step.batch) {
        IOU_TRY(made->step.batch(&made->prepare, steps, count, &batched));
    }
    for (size_t i = 0; i < count && !batched; i++) {
        IOU_TRY(add_step(b, &made[i], 1));
    }
    return batched ? add_step(b, made, count) : IOU_OK;
}

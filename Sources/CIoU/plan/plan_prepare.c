/* Layouts and operands of a group, and the step that its operator prepares for them. */
#include "plan/plan_group.h"

#include "ops/widen.h"

/** The layout of a group's first output, and of its first input (or all full inputs). */
static iou_layout choose_layout(const iou_plan_builder *b, const iou_node *node) {
    const iou_fact *out = node->outputs[0] >= 0 ? &b->facts[node->outputs[0]] : NULL;
    if (node->op->layout == IOU_LAYOUT_CHANNELS) {
        return node->input_count > 0 && node->inputs[0] >= 0 &&
                       iou_fact_is_spatial(&b->facts[node->inputs[0]])
                   ? IOU_CHANNELS_LAST
                   : IOU_PLAIN;
    }
    const bool plain =
        node->op->layout == IOU_LAYOUT_PLAIN || node->op->layout == IOU_LAYOUT_MATRICES;
    if (plain || b->request->reference_mode || !out ||
        (node->op->layout == IOU_LAYOUT_ELEMENTWISE && !iou_fact_is_spatial(out))) {
        return IOU_PLAIN;
    }
    const bool follows = node->op->layout != IOU_LAYOUT_ELEMENTWISE;
    for (int i = 0; i < (follows ? 1 : node->input_count); i++) {
        const int v = node->inputs[i];
        if (v >= 0 && (follows || b->facts[v].rank == out->rank) &&
            iou_plan_made_channels_last(b->storages[v])) {
            return IOU_CHANNELS_LAST;
        }
    }
    return IOU_PLAIN;
}

static iou_layout input_layout(const iou_plan_builder *b, const iou_node *node, int input,
                               iou_layout chosen) {
    if (node->op->layout == IOU_LAYOUT_MATRICES) {
        const int *storages = b->storages[node->inputs[input]];
        return storages[IOU_SWAPPED] >= 0 && storages[IOU_PLAIN] < 0 ? IOU_SWAPPED : IOU_PLAIN;
    }
    if (node->op->layout != IOU_LAYOUT_ELEMENTWISE) {
        return input == 0 ? chosen : IOU_PLAIN;
    }
    if (chosen == IOU_PLAIN) { /* also where the first output is absent */
        return IOU_PLAIN;
    }
    const iou_fact *fact = &b->facts[node->inputs[input]];
    const iou_fact *out = &b->facts[node->outputs[0]];
    return fact->rank == out->rank ? chosen : IOU_PLAIN;
}

static iou_layout output_layout(const iou_plan_builder *b, const iou_node *node, int output,
                                int value, iou_layout chosen) {
    const iou_fact *fact = &b->facts[value];
    if (chosen == IOU_PLAIN || node->op->layout == IOU_LAYOUT_READS || !iou_fact_is_spatial(fact)) {
        return IOU_PLAIN;
    }
    const bool follows = node->op->layout == IOU_LAYOUT_FOLLOWS
                             ? fact->rank == b->facts[node->inputs[0]].rank
                             : output == 0;
    return follows ? chosen : IOU_PLAIN;
}

int iou_plan_output_value(const iou_plan_builder *b, const iou_group *group, int output) {
    return output == 0 ? b->model->nodes[group->last].outputs[0]
                       : b->model->nodes[group->head].outputs[output];
}

/** Lets an operand be a part where the value stands as one and its reader takes it so. */
static void describe_part(const iou_plan_builder *b, int value, bool taken, iou_operand *operand) {
    const int *storages = b->storages[value];
    if (taken && operand->layout == IOU_CHANNELS_LAST && storages[IOU_PITCHED_STORAGE] >= 0 &&
        storages[IOU_CHANNELS_LAST] < 0) {
        operand->pitch = b->plan->storages[storages[IOU_PITCHED_STORAGE]].pitch;
    }
}

static bool is_direct(const iou_plan_builder *b, const iou_node *node, int input) {
    const int out = node->outputs[0];
    return out >= 0 && b->parts[out].direct && b->parts[out].direct[input];
}

static bool describe(const iou_plan_builder *b, const iou_group *group, iou_layout layout,
                     iou_plan_operands *o) {
    const iou_node *node = &b->model->nodes[group->head];
    const size_t total = (size_t)(node->input_count + node->output_count + 1);
    iou_arena *memory = b->plan->memory;
    o->values = iou_arena_alloc(memory, sizeof(iou_operand) * total);
    o->inputs = iou_arena_alloc(memory, sizeof(iou_operand *) * total);
    o->added = iou_arena_alloc(memory, sizeof(iou_operand) *
                                           (size_t)(iou_epilogue_operands(&group->epilogue) + 1));
    if (!o->values || !o->inputs || !o->added) {
        return false;
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = iou_unpadded(b->padded, node->inputs[i]);
        if (v >= 0) {
            o->values[i] = iou_plan_operand(&b->facts[v], input_layout(b, node, i, layout));
            describe_part(b, v, iou_plan_reads_part(b, node, i), &o->values[i]);
            o->values[i].direct = is_direct(b, node, i);
            o->inputs[i] = &o->values[i];
        }
    }
    for (int i = 0; i < node->output_count; i++) {
        const int v = iou_plan_output_value(b, group, i);
        if (v >= 0) {
            o->values[node->input_count + i] =
                iou_plan_operand(&b->facts[v], output_layout(b, node, i, v, layout));
            o->values[node->input_count + i].pitch = iou_plan_pitch(b, v);
        }
    }
    const iou_layout added = output_layout(b, node, 0, iou_plan_output_value(b, group, 0), layout);
    for (int i = 0; i < iou_epilogue_operands(&group->epilogue); i++) {
        const int v = iou_group_operand(group, i);
        o->added[i] = iou_plan_operand(&b->facts[v], added);
        describe_part(b, v, iou_plan_adds_part(b, node, v), &o->added[i]);
    }
    return true;
}

/** The group's epilogue, its operands bound to the inputs behind the node's own. */
static iou_epilogue *bind_epilogue(const iou_plan_builder *b, const iou_group *group,
                                   const iou_plan_operands *operands) {
    const iou_epilogue *list = &group->epilogue;
    iou_epilogue *epilogue = iou_arena_alloc(b->plan->memory, sizeof *epilogue);
    iou_epilogue_step *steps = iou_arena_alloc(b->plan->memory, sizeof *steps * list->count + 1);
    if (!epilogue || !steps) {
        return NULL;
    }
    int operand = 0;
    for (size_t i = 0; i < list->count; i++) {
        steps[i] = list->steps[i];
        if (iou_epilogue_has_operand(&steps[i])) {
            steps[i].input = b->model->nodes[group->head].input_count + operand;
            steps[i].operand = &operands->added[operand++];
        }
    }
    *epilogue = (iou_epilogue){steps, list->count};
    return epilogue;
}

/** The model's packed weights; the plan's own where a constant, or what it was widened to, is one
 * in this plan alone. */
static iou_status choose_weights(iou_plan_builder *b, const iou_node *node,
                                 const iou_weights **weights) {
    *weights = b->request->weights;
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v < 0 || !b->facts[v].data || (b->fixed[v] && !iou_is_widened(node, b->facts))) {
            continue;
        }
        if (!b->plan->weights.cache) {
            b->plan->weights =
                (iou_weights){iou_packed_weights_create(NULL), b->request->isa, NULL};
        }
        *weights = &b->plan->weights;
        return b->plan->weights.cache ? IOU_OK : iou_plan_no_memory(b);
    }
    return IOU_OK;
}

iou_status iou_plan_prepare_group(iou_plan_builder *b, const iou_group *group, bool shared,
                                  iou_prepared_group *p) {
    const iou_node *node = &b->model->nodes[group->head];
    iou_plan_operands *o = &p->operands;
    p->group = group;
    if (!describe(b, group, choose_layout(b, node), o)) {
        return iou_plan_no_memory(b);
    }
    const iou_epilogue *epilogue = bind_epilogue(b, group, o);
    if (!epilogue) {
        return iou_plan_no_memory(b);
    }
    const int first = node->input_count > 0 ? node->inputs[0] : IOU_NO_VALUE;
    const iou_padded *padded = first >= 0 ? b->padded[first] : NULL;
    const iou_weights *weights;
    IOU_TRY(choose_weights(b, node, &weights));
    p->step = (iou_step){.task_count = 1, .algorithm = "plain", .isa = "scalar"};
    p->prepare = (iou_prepare){.node = node,
                               .in = o->inputs,
                               .out = o->values + node->input_count,
                               .epilogue = epilogue,
                               .zeros = padded != NULL ? padded->before : NULL,
                               .isa = b->request->isa,
                               .caches = b->request->caches,
                               .shared = shared,
                               .threads = b->request->threads,
                               .memory = b->plan->memory,
                               .weights = weights,
                               .step = &p->step,
                               .error = b->error};
    return iou_widen_prepare(&p->prepare);
}

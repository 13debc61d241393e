/*
 * Values that are parts of the channels of larger ones, so that nobody copies them: what a node
 * such as Split takes out of its input, and what a node such as Concat gathers. Only channels-last
 * floats can be such parts: from one pixel to the next lie as many floats as the largest value has
 * channels.
 */
#include "plan/plan_builder.h"

enum { DEEPEST = 16 }; /* parts of parts, in models; a malformed file may have a million */

/* ---- What operators accept ----------------------------------------------------------------- */

static bool is_spatial_float(const iou_plan_builder *b, int value) {
    return b->facts[value].type == IOU_FLOAT && iou_fact_is_spatial(&b->facts[value]);
}

/** Whether the node's output is its inputs, one behind the other along the channels. */
static bool gathers(const iou_plan_builder *b, const iou_node *node) {
    int axis = -1;
    return node->op->gathers && node->outputs[0] >= 0 && is_spatial_float(b, node->outputs[0]) &&
           node->op->gathers(node, b->facts, &axis) && axis == 1;
}

/** Whether all outputs are ranges of the channels of input 0, one behind the other from `*first`
 * on.
 */
static bool splits(const iou_plan_builder *b, const iou_node *node, int64_t *first) {
    iou_range range;
    bool all = node->op->splits && node->inputs[0] >= 0 &&
               node->op->splits(node, b->facts, &range) && range.axis == 1;
    for (int i = 0; all && i < node->output_count; i++) {
        const int v = node->outputs[i];
        all = v >= 0 && is_spatial_float(b, v) && b->facts[v].dims[1].value > 0;
    }
    *first = all ? range.first : 0;
    return all;
}

bool iou_plan_reads_part(const iou_plan_builder *b, const iou_node *node, int input) {
    return (input == 0 && (node->op->pitched & IOU_PITCHED_INPUT) != 0) || gathers(b, node);
}

bool iou_plan_adds_part(const iou_plan_builder *b, const iou_node *head, int value) {
    return (head->op->pitched & IOU_PITCHED_OPERANDS) != 0 && is_spatial_float(b, value);
}

/* ---- Who computes and who reads ------------------------------------------------------------ */

typedef struct search {
    iou_plan_builder *b;
    int *group_of;  /* of each node: the node where its group stands; -1: none */
    bool *accepted; /* of each value: all who read it accept a part */
    int *source;    /* of each value: that of whose channels it is a range; -1: none */
    int64_t *first; /* channel of that */
} search;

static void find_groups(const search *s) {
    const iou_plan_builder *b = s->b;
    for (int n = 0; n < b->model->node_count; n++) {
        s->group_of[n] = -1;
    }
    for (int n = 0; n < b->model->node_count; n++) {
        const iou_group *group = &b->groups[n];
        if (group->head < 0) {
            continue;
        }
        s->group_of[group->head] = s->group_of[n] = n;
        for (int i = 0; i < group->fused_count; i++) {
            s->group_of[group->fused[i]] = n;
        }
    }
}

/** Whether a node takes input 0 in plain order, for which a part costs no more than a whole. */
static bool rearranges(const iou_plan_builder *b, const iou_node *node, int input) {
    const iou_view view =
        node->op->view && node->outputs[0] >= 0 ? node->op->view(node, b->facts) : IOU_VIEW_NONE;
    return input == 0 && node->op->layout == IOU_LAYOUT_PLAIN &&
           (view == IOU_VIEW_NONE || view == IOU_VIEW_PLAIN);
}

static bool accepts(const search *s, int n, int input) {
    const iou_plan_builder *b = s->b;
    const iou_node *node = &b->model->nodes[n];
    const int group = s->group_of[n];
    if (b->phases[n] != IOU_NOW || group < 0 || iou_node_is_if(node)) {
        return false;
    }
    const int head = b->groups[group].head;
    if (n != head) {
        return iou_plan_adds_part(b, &b->model->nodes[head], node->inputs[input]);
    }
    int64_t first;
    return iou_plan_reads_part(b, node, input) || (input == 0 && splits(b, node, &first)) ||
           rearranges(b, node, input);
}

static void find_accepted(const search *s) {
    const iou_model *m = s->b->model;
    for (int v = 0; v < m->value_count; v++) {
        s->accepted[v] = true;
    }
    for (int n = 0; n < m->node_count; n++) {
        for (int i = 0; s->b->phases[n] != IOU_NEVER && i < m->nodes[n].input_count; i++) {
            const int v = m->nodes[n].inputs[i];
            if (v >= 0 && s->accepted[v]) {
                s->accepted[v] = accepts(s, n, i);
            }
        }
    }
}

/** Finds the ranges that nodes running now take out of others. */
static void find_ranges(const search *s) {
    const iou_plan_builder *b = s->b;
    for (int v = 0; v < b->model->value_count; v++) {
        s->source[v] = -1;
    }
    for (int n = 0; n < b->model->node_count; n++) {
        const iou_node *node = &b->model->nodes[n];
        int64_t first;
        if (b->groups[n].head != n || b->groups[n].last != n || !splits(b, node, &first)) {
            continue;
        }
        for (int i = 0; i < node->output_count; i++) {
            const int v = node->outputs[i];
            s->source[v] = node->inputs[0];
            s->first[v] = first;
            first += b->facts[v].dims[1].value;
        }
    }
}

/* ---- What is computed in its whole --------------------------------------------------------- */

/** Whether a step makes the value that can write it as a part, or it is gathered itself. */
static bool may_be_part(const search *s, int value) {
    const iou_plan_builder *b = s->b;
    const int producer = b->model->values[value].producer;
    if (producer < 0 || !s->accepted[value] || b->parts[value].whole >= 0 ||
        b->parts[value].depth >= DEEPEST || b->data_dependent[value] >= 0 || b->given[value] ||
        b->facts[value].data || !is_spatial_float(b, value) || b->facts[value].dims[1].value == 0) {
        return false;
    }
    const iou_group *group = &b->groups[producer];
    if (group->head < 0 || iou_plan_output_value(b, group, 0) != value) {
        return false;
    }
    const iou_node *head = &b->model->nodes[group->head];
    return b->parts[value].direct != NULL ||
           ((head->op->pitched & IOU_PITCHED_OUTPUT) != 0 && head->inputs[0] >= 0 &&
            head->op->layout == IOU_LAYOUT_CHANNELS && is_spatial_float(b, head->inputs[0]));
}

/** How many inputs from `input` on are all the ranges of one value in their order; 0: none. */
static int count_ranges(const search *s, const iou_node *node, int input) {
    const int source = s->source[node->inputs[input]];
    if (source < 0) {
        return 0;
    }
    const int64_t channels = s->b->facts[source].dims[1].value;
    int64_t end = 0;
    int i = input;
    for (; i < node->input_count && end < channels; i++) {
        const int v = node->inputs[i];
        if (s->source[v] != source || s->first[v] != end) {
            return 0;
        }
        end += s->b->facts[v].dims[1].value;
    }
    return end == channels ? i - input : 0;
}

/** Puts the value of input `input` into the node's output, or that of which it is the first range;
 * returns how many inputs lie there then. */
static int put_input(const search *s, const iou_node *node, int input, int64_t first) {
    int value = node->inputs[input], count = count_ranges(s, node, input);
    if (count > 0 && may_be_part(s, s->source[value])) {
        value = s->source[value];
    } else if (may_be_part(s, value)) {
        count = 1;
    } else {
        return 0;
    }
    iou_value_part *part = &s->b->parts[value], *whole = &s->b->parts[node->outputs[0]];
    part->whole = node->outputs[0];
    part->first = first;
    whole->depth = part->depth >= whole->depth ? part->depth + 1 : whole->depth;
    return count;
}

/** Finds the inputs of a node that gathers which can be computed in its output. */
static iou_status find_direct_inputs(const search *s, const iou_node *node) {
    iou_plan_builder *b = s->b;
    bool *direct = iou_arena_alloc(b->scratch, (size_t)node->input_count);
    if (!direct) {
        return iou_plan_no_memory(b);
    }
    bool any = false;
    int64_t first = 0;
    for (int i = 0; i < node->input_count;) {
        const int count = put_input(s, node, i, first), end = i + (count > 0 ? count : 1);
        any = any || count > 0;
        for (; i < end; i++) {
            direct[i] = count > 0;
            first += b->facts[node->inputs[i]].dims[1].value;
        }
    }
    b->parts[node->outputs[0]].direct = any ? direct : NULL;
    return IOU_OK;
}

static iou_status create(search *s, iou_plan_builder *b) {
    const size_t values = (size_t)b->model->value_count + 1;
    *s = (search){.b = b,
                  .group_of =
                      iou_arena_alloc(b->scratch, sizeof(int) * (size_t)(b->model->node_count + 1)),
                  .accepted = iou_arena_alloc(b->scratch, values),
                  .source = iou_arena_alloc(b->scratch, sizeof(int) * values),
                  .first = iou_arena_alloc(b->scratch, sizeof(int64_t) * values)};
    return s->group_of && s->accepted && s->source && s->first ? IOU_OK : iou_plan_no_memory(b);
}

iou_status iou_plan_find_parts(iou_plan_builder *b) {
    const iou_model *m = b->model;
    search s;
    b->parts = iou_arena_alloc(b->scratch, sizeof(iou_value_part) * (size_t)(m->value_count + 1));
    if (!b->parts) {
        return iou_plan_no_memory(b);
    }
    for (int v = 0; v < m->value_count; v++) {
        b->parts[v] = (iou_value_part){.whole = -1, .storage = -1};
    }
    if (b->request->reference_mode) {
        return IOU_OK;
    }
    IOU_TRY(create(&s, b));
    find_groups(&s);
    find_accepted(&s);
    find_ranges(&s);
    for (int n = 0; n < m->node_count; n++) {
        const iou_node *node = &m->nodes[n];
        if (b->groups[n].head == n && b->groups[n].last == n && gathers(b, node) &&
            b->data_dependent[node->outputs[0]] < 0) {
            IOU_TRY(find_direct_inputs(&s, node));
        }
    }
    return IOU_OK;
}

/* ---- Storages ------------------------------------------------------------------------------ */

int64_t iou_plan_pitch(const iou_plan_builder *b, int value) {
    const int part = value;
    while (b->parts[value].whole >= 0) {
        value = b->parts[value].whole;
    }
    return value == part ? 0 : b->facts[value].dims[1].value;
}

/** A storage for a part within that of a larger value. */
static iou_status add_part(iou_plan_builder *b, int value, int within, int64_t first, int64_t pitch,
                           int *storage) {
    const size_t size = iou_plan_fact_size(&b->facts[value]);
    *storage = iou_plan_add_storage(b, IOU_STORAGE_ARENA, size, NULL, 0);
    if (*storage < 0) {
        return iou_plan_no_memory(b);
    }
    iou_storage *part = &b->plan->storages[*storage];
    part->root = iou_plan_root(b->plan, within);
    part->shift = iou_plan_shift(b->plan, within) + (size_t)first * sizeof(float);
    part->pitch = pitch;
    return IOU_OK;
}

/** The storage of a part, or of a value that has parts; that of a larger one comes first. */
static iou_status find_storage(iou_plan_builder *b, int value) {
    iou_value_part *part = &b->parts[value];
    if (part->storage >= 0) {
        return IOU_OK;
    }
    if (part->whole >= 0) {
        IOU_TRY(find_storage(b, part->whole));
        return add_part(b, value, b->parts[part->whole].storage, part->first,
                        iou_plan_pitch(b, value), &part->storage);
    }
    const size_t size = iou_plan_fact_size(&b->facts[value]);
    part->storage = iou_plan_add_storage(b, IOU_STORAGE_ARENA, size, NULL, 0);
    return part->storage < 0 ? iou_plan_no_memory(b) : IOU_OK;
}

iou_status iou_plan_store_output(iou_plan_builder *b, int value, iou_layout layout, int *storage) {
    const iou_value_part *part = &b->parts[value];
    if (part->whole < 0 && !part->direct) {
        const size_t size = iou_plan_fact_size(&b->facts[value]);
        *storage = iou_plan_add_storage(b, IOU_STORAGE_ARENA, size, NULL, 0);
        b->storages[value][layout] = *storage;
        return *storage < 0 ? iou_plan_no_memory(b) : IOU_OK;
    }
    IOU_TRY(find_storage(b, value));
    *storage = part->storage;
    b->storages[value][part->whole < 0 ? (int)layout : IOU_PITCHED_STORAGE] = *storage;
    return IOU_OK;
}

/** Gives the outputs of a node that splits its input their storages in that. */
static iou_status alias_ranges(iou_plan_builder *b, const iou_node *node, int64_t first) {
    const int x = node->inputs[0], *storages = b->storages[x];
    const bool part = storages[IOU_PITCHED_STORAGE] >= 0;
    const int within = storages[part ? IOU_PITCHED_STORAGE : IOU_CHANNELS_LAST];
    const int64_t pitch = part ? b->plan->storages[within].pitch : b->facts[x].dims[1].value;
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        IOU_TRY(add_part(b, v, within, first, pitch, &b->storages[v][IOU_PITCHED_STORAGE]));
        first += b->facts[v].dims[1].value;
    }
    return IOU_OK;
}

iou_status iou_plan_alias_parts(iou_plan_builder *b, const iou_node *node, bool *aliased) {
    const int out = node->outputs[0];
    int64_t first;
    *aliased = iou_plan_made_channels_last(b->storages[node->inputs[0]]) && splits(b, node, &first);
    if (*aliased) {
        return alias_ranges(b, node, first);
    }
    bool all = b->parts[out].direct != NULL;
    for (int i = 0; all && i < node->input_count; i++) {
        all = b->parts[out].direct[i];
    }
    *aliased = all;
    int storage;
    return all ? iou_plan_store_output(b, out, IOU_CHANNELS_LAST, &storage) : IOU_OK;
}

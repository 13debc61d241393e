/*
 * Lists of nodes in an order in which every value is computed before it is used. ONNX asks for it,
 * but exporters write others, and runtimes take them: such a list is sorted, each node behind what
 * it needs and else where the file has it.
 */
#include "model/load.h"

#include <string.h>

typedef enum { UNSEEN, OPEN, DONE } sorter_state;

typedef struct sorter {
    iou_loader *l;
    const iou_load_frame *frame;
    iou_names *producers; /**< the node of this list that computes a name */
    int *needs;           /**< nodes that others wait for, those of node i from starts[i] on */
    int *starts, *next;
    sorter_state *states;
    int need_count, need_capacity;
    bool sorted; /**< no node waits for a later one */
} sorter;

/** A graph inside a node, with what it defines once that matters. */
typedef struct inner_graph {
    const Onnx__GraphProto *graph;
    iou_names *defined;
    struct inner_graph *outer;
} inner_graph;

/* ---- What a node waits for ----------------------------------------------------------------- */

static iou_status list_definitions(const sorter *s, inner_graph *inner) {
    const Onnx__GraphProto *graph = inner->graph;
    inner->defined = iou_names_create(s->l->model->arena, graph->n_node);
    if (!inner->defined) {
        return iou_load_no_memory(s->l);
    }
    for (size_t i = 0; i < graph->n_input; i++) {
        (void)iou_names_add(inner->defined, iou_load_text(graph->input[i]->name), 0);
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        (void)iou_names_add(inner->defined, iou_load_text(graph->initializer[i]->name), 0);
    }
    for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
        const Onnx__TensorProto *values = graph->sparse_initializer[i]->values;
        (void)iou_names_add(inner->defined, iou_load_text(values ? values->name : NULL), 0);
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t k = 0; k < graph->node[i]->n_output; k++) {
            (void)iou_names_add(inner->defined, iou_load_text(graph->node[i]->output[k]), 0);
        }
    }
    return IOU_OK;
}

/** Whether the frame's graph sees a value of the name without its own nodes. */
static bool is_there(const sorter *s, const char *name) {
    const int own = iou_names_find(s->frame->scope->names, name);
    return own == -1 ? iou_load_sees(s->l, s->frame->scope, name)
                     : own < 0 || !s->l->model->values[own].awaited;
}

static iou_status add_need(sorter *s, int node, const char *name, inner_graph *inner) {
    const int producer = iou_names_find(s->producers, name);
    if (producer < 0 || is_there(s, name)) {
        return IOU_OK;
    }
    for (; inner; inner = inner->outer) {
        if (!inner->defined) {
            IOU_TRY(list_definitions(s, inner));
        }
        if (iou_names_find(inner->defined, name) >= 0) {
            return IOU_OK;
        }
    }
    void *needs = s->needs;
    if (!iou_load_reserve(s->l, &needs, s->need_count, &s->need_capacity, sizeof(int))) {
        return iou_load_no_memory(s->l);
    }
    s->needs = needs;
    s->needs[s->need_count++] = producer;
    s->sorted = s->sorted && producer < node;
    return IOU_OK;
}

static iou_status add_needs(sorter *s, int node, const Onnx__NodeProto *proto, inner_graph *outer);

static iou_status add_graph(sorter *s, int node, const Onnx__GraphProto *graph,
                            inner_graph *outer) {
    inner_graph inner = {graph, NULL, outer};
    for (size_t i = 0; i < graph->n_node; i++) { /* the file's depth is limited */
        IOU_TRY(add_needs(s, node, graph->node[i], &inner));
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        IOU_TRY(add_need(s, node, iou_load_text(graph->output[i]->name), &inner));
    }
    return IOU_OK;
}

static iou_status add_needs(sorter *s, int node, const Onnx__NodeProto *proto, inner_graph *outer) {
    for (size_t i = 0; i < proto->n_input; i++) {
        IOU_TRY(add_need(s, node, iou_load_text(proto->input[i]), outer));
    }
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = proto->attribute[i];
        if (attribute->g) {
            IOU_TRY(add_graph(s, node, attribute->g, outer));
        }
        for (size_t k = 0; k < attribute->n_graphs; k++) {
            IOU_TRY(add_graph(s, node, attribute->graphs[k], outer));
        }
    }
    return IOU_OK;
}

static iou_status list_needs(sorter *s) {
    const int count = (int)s->frame->count;
    for (int i = 0; i < count; i++) {
        const Onnx__NodeProto *node = s->frame->nodes[i];
        for (size_t k = 0; k < node->n_output; k++) {
            if (*iou_load_text(node->output[k])) {
                (void)iou_names_add(s->producers, node->output[k], i);
            }
        }
    }
    s->sorted = true;
    for (int i = 0; i < count; i++) {
        s->starts[i] = s->next[i] = s->need_count;
        IOU_TRY(add_needs(s, i, s->frame->nodes[i], NULL));
    }
    s->starts[count] = s->need_count;
    return IOU_OK;
}

/* ---- The order ----------------------------------------------------------------------------- */

/** What a node that is open needs of the one that is looked at on its behalf. */
static const char *name_of_need(const sorter *s, int index) {
    const Onnx__NodeProto *node = s->frame->nodes[index];
    const int producer = s->needs[s->next[index] - 1];
    for (size_t i = 0; i < node->n_input; i++) {
        const char *name = iou_load_text(node->input[i]);
        if (iou_names_find(s->producers, name) == producer) {
            return name;
        }
    }
    return iou_load_text(s->frame->nodes[producer]->output[0]); /* a graph inside needs it */
}

static iou_status refuse_cycle(const sorter *s, int index) {
    const Onnx__NodeProto *node = s->frame->nodes[index];
    return iou_fail(s->l->error, IOU_BAD_MODEL,
                    "node '%s' (%s): expected inputs that do not depend on its outputs, found a "
                    "cycle through '%s'",
                    iou_load_text(iou_load_node_name(s->l, s->frame, node)),
                    iou_load_text(node->op_type), name_of_need(s, index));
}

/** Puts node `first` behind all that it waits for; `stack` has room for all nodes. */
static iou_status place(sorter *s, int first, int *stack, Onnx__NodeProto **order, size_t *placed) {
    int depth = 0;
    if (s->states[first] == UNSEEN) {
        s->states[first] = OPEN;
        stack[depth++] = first;
    }
    while (depth > 0) {
        const int node = stack[depth - 1];
        if (s->next[node] == s->starts[node + 1]) {
            s->states[node] = DONE;
            order[(*placed)++] = s->frame->nodes[node];
            depth--;
            continue;
        }
        const int needed = s->needs[s->next[node]++];
        if (s->states[needed] == OPEN) {
            return refuse_cycle(s, needed);
        }
        if (s->states[needed] == UNSEEN) {
            s->states[needed] = OPEN;
            stack[depth++] = needed;
        }
    }
    return IOU_OK;
}

static iou_status sort(sorter *s, Onnx__NodeProto *const **nodes) {
    const size_t count = s->frame->count;
    Onnx__NodeProto **order = iou_arena_alloc(s->l->model->arena, sizeof(*order) * count);
    int *stack = iou_arena_alloc(s->l->model->arena, sizeof(int) * count);
    size_t placed = 0;
    if (!order || !stack) {
        return iou_load_no_memory(s->l);
    }
    for (size_t i = 0; i < count; i++) {
        const iou_status status = place(s, (int)i, stack, order, &placed);
        if (status != IOU_OK) {
            return iou_load_note(s->l, status);
        }
    }
    *nodes = order;
    return IOU_OK;
}

iou_status iou_load_order(iou_loader *l, const iou_load_frame *frame,
                          Onnx__NodeProto *const **nodes) {
    *nodes = frame->nodes;
    if (frame->count < 2) {
        return IOU_OK;
    }
    IOU_FAIL_IF(frame->count > INT32_MAX / 4, IOU_LIMIT, l->error, "too many nodes");
    iou_arena *memory = l->model->arena;
    sorter s = {.l = l,
                .frame = frame,
                .producers = iou_names_create(memory, frame->count),
                .starts = iou_arena_alloc(memory, sizeof(int) * (frame->count + 1)),
                .next = iou_arena_alloc(memory, sizeof(int) * frame->count),
                .states = iou_arena_alloc(memory, sizeof(sorter_state) * frame->count)};
    if (!s.producers || !s.starts || !s.next || !s.states) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(list_needs(&s));
    return s.sorted ? IOU_OK : sort(&s, nodes);
}

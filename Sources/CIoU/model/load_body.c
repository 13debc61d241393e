/*
 * Graphs that run many times: each becomes a model of its own, in the memory of the one around.
 * Outer values that it reads are its last inputs; outer constants are its own.
 */
#include "model/load.h"

#include "ops/body.h"

#include <string.h>

/* Reading, inferring and running them goes as deep as they are nested, functions between included.
 */
enum { MAX_DEPTH = 32 };

static const Onnx__GraphProto *find_graph(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (strcmp(iou_load_text(node->attribute[i]->name), "body") == 0) {
            return node->attribute[i]->g;
        }
    }
    return NULL;
}

/** Whether an input says its type, which a body may leave open. */
static bool says_type(const Onnx__TypeProto *type) {
    switch (type ? type->value_case : ONNX__TYPE_PROTO__VALUE__NOT_SET) {
    case ONNX__TYPE_PROTO__VALUE__NOT_SET: return false;
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
        return type->tensor_type->has_elem_type && type->tensor_type->elem_type != 0;
    default: return true;
    }
}

/** A body's input, of which the declared element type and rank are kept: dimensions may differ
 * from iteration to iteration, whatever the file says. */
static iou_status add_input(iou_loader *l, const iou_node *node, const char *path,
                            const Onnx__ValueInfoProto *info, size_t index) {
    iou_model *m = l->model;
    const char *name = iou_load_text(info->name);
    IOU_FAIL_IF(!*name, IOU_BAD_MODEL, l->error, "node '%s' (%s): body: input %zu has no name",
                node->name, node->op_type, index);
    const int id = iou_load_value(l, l->around->root, path, name);
    if (id == -2) {
        return iou_load_no_memory(l);
    }
    IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, l->error, "node '%s' (%s): body: input '%s' is given twice",
                node->name, node->op_type, name);
    iou_fact declared = {.rank = -1, .element_count = -1};
    if (says_type(info->type)) {
        const iou_status status = iou_load_declare_input(info, true, &declared, l->error);
        if (status != IOU_OK) {
            return iou_fail_context(l->error, status, "node '%s' (%s): body", node->name,
                                    node->op_type);
        }
    }
    m->facts[id].type = declared.type;
    m->facts[id].rank = declared.rank;
    m->values[id].is_input = true;
    m->inputs[m->input_count++] = id;
    return IOU_OK;
}

static iou_status add_inputs(iou_loader *l, const iou_node *node, const char *path,
                             const Onnx__GraphProto *graph) {
    iou_model *m = l->model;
    l->around->input_capacity = (int)graph->n_input + 1;
    m->inputs = iou_arena_alloc(m->arena, sizeof(int) * (graph->n_input + 1));
    if (!m->inputs) {
        return iou_load_no_memory(l);
    }
    for (size_t i = 0; i < graph->n_input; i++) {
        IOU_TRY(add_input(l, node, path, graph->input[i], i));
    }
    return IOU_OK;
}

static iou_status add_outputs(iou_loader *l, const iou_node *node, const Onnx__GraphProto *graph) {
    iou_model *m = l->model;
    m->outputs = iou_arena_alloc(m->arena, sizeof(int) * (graph->n_output + 1));
    if (!m->outputs) {
        return iou_load_no_memory(l);
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        const char *name = iou_load_text(graph->output[i]->name);
        int id = -1;
        if (*name) {
            IOU_TRY(iou_load_find(l, l->around->root, name, &id));
        }
        IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, l->error,
                    "node '%s' (%s): body: output '%s' is not computed", node->name, node->op_type,
                    name);
        m->values[id].is_output = true;
        m->outputs[m->output_count++] = id;
    }
    return IOU_OK;
}

static iou_status read_graph(iou_loader *l, const iou_load_frame *frame, const iou_node *node,
                             const Onnx__GraphProto *graph) {
    const char *path = iou_load_name(l, node->name, "/body/");
    const iou_load_frame whole = {.nodes = graph->node,
                                  .count = graph->n_node,
                                  .scope = l->around->root,
                                  .path = path,
                                  .opset = frame->opset,
                                  .guard = -1,
                                  .call = frame->call};
    if (!path) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(add_inputs(l, node, path, graph));
    IOU_TRY(iou_load_initializers(l, l->around->root, path, graph));
    IOU_TRY(iou_load_nodes(l, &whole));
    return add_outputs(l, node, graph);
}

/** A model for the body, with what it shares with the one around. */
static iou_model *make_model(const iou_loader *l, int opset) {
    iou_model *outer = l->model, *m = iou_arena_alloc(outer->arena, sizeof *m);
    if (m) {
        m->outer = outer;
        m->arena = outer->arena;
        m->proto = outer->proto;
        m->packed_weights = outer->packed_weights;
        m->problems = outer->problems;
        m->opset = opset;
    }
    return m;
}

/** The node's inputs: its own, as many as its body expects, then what the body reads around it. */
static iou_status extend_inputs(const iou_loader *l, iou_node *node,
                                const iou_load_around *around) {
    const iou_body *body = node->body;
    const int count = body->own_inputs + around->count;
    int *ids = iou_arena_alloc(l->model->arena, sizeof(int) * ((size_t)count + 1));
    if (!ids) {
        return iou_load_no_memory(l);
    }
    for (int i = 0; i < count; i++) {
        ids[i] = i >= body->own_inputs   ? around->captured[i - body->own_inputs]
                 : i < node->input_count ? node->inputs[i]
                                         : IOU_NO_VALUE;
    }
    node->inputs = ids;
    node->input_count = count;
    return IOU_OK;
}

/** The rank 1 where the graph declares that of input `input`, else 0. */
static int declared_rank(const iou_model *model, const iou_body *body, int input) {
    return input < body->input_count && model->facts[model->inputs[input]].rank == 1;
}

iou_status iou_load_body(iou_loader *l, const iou_load_frame *frame, iou_node *node) {
    const Onnx__GraphProto *graph = find_graph(node->proto);
    IOU_FAIL_IF(!graph, IOU_BAD_MODEL, l->error, "node '%s' (%s): body is missing", node->name,
                node->op_type);
    const size_t names = iou_load_count_names(graph);
    const int depth = l->around ? l->around->depth + 1 : 1;
    IOU_FAIL_IF(depth > MAX_DEPTH || names > INT32_MAX / 4, IOU_LIMIT, l->error,
                "node '%s' (%s): bodies are nested more than %d deep", node->name, node->op_type,
                MAX_DEPTH);
    iou_model *m = make_model(l, frame->opset);
    iou_body *body = iou_arena_alloc(l->model->arena, sizeof *body);
    iou_scope *root = iou_load_scope(l, NULL, names);
    if (!m || !body || !root) {
        return iou_load_no_memory(l);
    }
    iou_load_around around = {.loader = l, .scope = frame->scope, .root = root, .depth = depth};
    iou_loader inner = {.model = m,
                        .functions = l->functions,
                        .node_names = l->node_names,
                        .max_nodes = l->max_nodes,
                        .max_bytes = l->max_bytes,
                        .dense_bytes = l->dense_bytes,
                        .around = &around,
                        .error = l->error};
    if (!iou_load_reserve_graph(&inner, names, graph->n_node)) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(read_graph(&inner, frame, node, graph));
    l->dense_bytes = inner.dense_bytes;
    body->model = m;
    body->number = l->model->body_count++;
    body->outer_count = around.count;
    body->input_count = m->input_count - around.count;
    body->output_count = m->output_count;
    body->number_rank = declared_rank(m, body, 0);
    body->condition_rank = declared_rank(m, body, 1);
    body->results = iou_arena_alloc(m->arena, sizeof(iou_fact) * ((size_t)m->output_count + 1));
    if (!body->results) {
        return iou_load_no_memory(l);
    }
    for (int i = 0; i < m->output_count; i++) {
        body->results[i] = (iou_fact){.rank = -1, .element_count = -1};
    }
    IOU_TRY(node->op->body->connect(node, body, m->arena, l->error));
    node->body = body;
    iou_model *file = l->model;
    while (file->outer) {
        file = file->outer;
    }
    m->next = file->bodies;
    file->bodies = m;
    return extend_inputs(l, node, &around);
}

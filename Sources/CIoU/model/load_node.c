/* One node: its attributes, inputs and outputs. */
#include "model/load.h"

#include "model/guard.h"
#include "ops/form.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TRIES = 16 /* to name a node unlike all others */ };

/* ---- Attributes ---------------------------------------------------------------------------- */

static bool refers(const Onnx__AttributeProto *attribute) {
    return *iou_load_text(attribute->ref_attr_name) != '\0';
}

static const Onnx__AttributeProto *find_attribute(Onnx__AttributeProto *const *list, size_t count,
                                                  const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(iou_load_text(list[i]->name), name) == 0) {
            return list[i];
        }
    }
    return NULL;
}

/** A copy of the attribute that `reference` means, under the reference's name; NULL: it is absent.
 */
static iou_status resolve(const iou_loader *l, const iou_load_call *call,
                          const Onnx__NodeProto *node, const Onnx__AttributeProto *reference,
                          Onnx__AttributeProto **found) {
    *found = NULL;
    const char *name = reference->ref_attr_name;
    IOU_FAIL_IF(!call, IOU_BAD_MODEL, l->error,
                "node '%s' (%s): attribute '%s' refers to '%s' of a function, outside of any",
                iou_load_text(node->name), iou_load_text(node->op_type),
                iou_load_text(reference->name), name);
    const Onnx__AttributeProto *value =
        find_attribute(call->node->attribute, call->node->n_attribute, name);
    value = value ? value
                  : find_attribute(call->function->attribute_proto,
                                   call->function->n_attribute_proto, name);
    if (!value) {
        return IOU_OK;
    }
    IOU_FAIL_IF(refers(value) || value->g || value->n_graphs > 0, IOU_UNSUPPORTED, l->error,
                "function '%s': attribute '%s' must be a value, it is a %s",
                iou_load_text(call->function->name), name, refers(value) ? "reference" : "graph");
    IOU_FAIL_IF(reference->has_type && value->has_type && reference->type != 0 &&
                    value->type != 0 && reference->type != value->type,
                IOU_BAD_MODEL, l->error, "function '%s': attribute '%s' has a wrong type",
                iou_load_text(call->function->name), name);
    *found = iou_arena_alloc(l->model->arena, sizeof **found);
    if (!*found) {
        return iou_load_no_memory(l);
    }
    **found = *value;
    (*found)->name = reference->name;
    return IOU_OK;
}

iou_status iou_load_bind(const iou_loader *l, const iou_load_frame *frame,
                         const Onnx__NodeProto *node, const Onnx__NodeProto **bound) {
    *bound = node;
    bool any = false;
    for (size_t i = 0; i < node->n_attribute; i++) {
        any = any || refers(node->attribute[i]);
    }
    if (!any) {
        return IOU_OK;
    }
    Onnx__NodeProto *copy = iou_arena_alloc(l->model->arena, sizeof *copy);
    Onnx__AttributeProto **attributes =
        iou_arena_alloc(l->model->arena, sizeof(*attributes) * node->n_attribute);
    if (!copy || !attributes) {
        return iou_load_no_memory(l);
    }
    *copy = *node;
    copy->attribute = attributes;
    copy->n_attribute = 0;
    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__AttributeProto *value = node->attribute[i];
        if (refers(value)) {
            IOU_TRY(resolve(l, frame->call, node, node->attribute[i], &value));
        }
        if (value) {
            attributes[copy->n_attribute++] = value;
        }
    }
    *bound = copy;
    return IOU_OK;
}

/* ---- Inputs and outputs -------------------------------------------------------------------- */

int iou_load_trim(char *const *names, size_t count) {
    while (count > 0 && !*iou_load_text(names[count - 1])) {
        count--;
    }
    return (int)count;
}

const char *iou_load_node_name(const iou_loader *l, const iou_load_frame *frame,
                               const Onnx__NodeProto *node) {
    char made[32];
    const char *name = iou_load_text(node->name);
    if (!*name && node->n_output > 0) {
        name = iou_load_text(node->output[0]);
    }
    if (!*name) {
        const int length = snprintf(made, sizeof made, "#%zu", frame->next - 1);
        name = iou_arena_strdup(l->model->arena, made, (size_t)length);
    }
    return name ? iou_load_name(l, frame->path, name) : NULL;
}

/** For a text of what is wrong. */
static const char *shown_name(const iou_loader *l, const iou_load_frame *frame,
                              const Onnx__NodeProto *node) {
    return iou_load_text(iou_load_node_name(l, frame, node));
}

iou_status iou_load_inputs(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node,
                           int *ids, bool *known) {
    const int count = iou_load_trim(node->input, node->n_input);
    for (int i = 0; i < count; i++) {
        const char *name = iou_load_text(node->input[i]);
        int id = IOU_ABSENT_VALUE;
        if (*name) {
            IOU_TRY(iou_load_find(l, frame->scope, name, &id));
        }
        const bool missing = id == -1 || (id >= 0 && l->model->values[id].awaited);
        ids[i] = id < 0 || missing ? IOU_NO_VALUE : id;
        if (missing && iou_load_tolerates_names(l)) {
            *known = false;
            continue;
        }
        IOU_FAIL_IF(missing, IOU_BAD_MODEL, l->error,
                    "node '%s' (%s): input '%s' is not computed before it is used",
                    shown_name(l, frame, node), iou_load_text(node->op_type), name);
    }
    return IOU_OK;
}

/** The number of an output's value: a new one, or that of the call whose output it is. */
static iou_status define(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node,
                         const char *name, int *id) {
    const int own = iou_names_find(frame->scope->names, name);
    if (own >= 0 && l->model->values[own].awaited && frame->call_outputs) {
        *id = own;
        return IOU_OK;
    }
    const bool visible = iou_load_sees(l, frame->scope, name);
    *id = visible ? -1 : iou_load_value(l, frame->scope, frame->path, name);
    if (*id == -2) {
        return iou_load_no_memory(l);
    }
    IOU_FAIL_IF(*id < 0 && !iou_load_tolerates_names(l), IOU_BAD_MODEL, l->error,
                "node '%s' (%s): output '%s' exists already", shown_name(l, frame, node),
                iou_load_text(node->op_type), name);
    return IOU_OK;
}

iou_status iou_load_outputs(iou_loader *l, const iou_load_frame *frame, const Onnx__NodeProto *node,
                            bool awaited, int *ids) {
    const int count = iou_load_trim(node->output, node->n_output);
    for (int i = 0; i < count; i++) {
        const char *name = iou_load_text(node->output[i]);
        ids[i] = IOU_NO_VALUE;
        if (*name) {
            IOU_TRY(define(l, frame, node, name, &ids[i]));
        }
        if (ids[i] >= 0) {
            l->model->values[ids[i]].awaited = awaited;
        }
    }
    return IOU_OK;
}

/* ---- Nodes --------------------------------------------------------------------------------- */

/** A name for the node's symbols, which must not be another node's. */
static const char *unique_name(iou_loader *l, const char *name) {
    if (iou_names_add(l->node_names, name, l->model->node_count)) {
        return name;
    }
    for (int again = 0; again < MAX_TRIES; again++) {
        char made[32];
        (void)snprintf(made, sizeof made, "#%d.%d", l->model->node_count, again);
        const char *whole = iou_load_name(l, *name ? name : "node", made);
        if (!whole || iou_names_add(l->node_names, whole, l->model->node_count)) {
            return whole;
        }
    }
    return NULL;
}

static iou_status add_node(iou_loader *l, const iou_load_frame *frame, const iou_node *node) {
    iou_model *m = l->model;
    int guards_capacity = l->node_capacity;
    void *nodes = m->nodes, *guards = m->node_guards;
    if (!node->name ||
        !iou_load_reserve(l, &nodes, m->node_count, &l->node_capacity, sizeof(iou_node)) ||
        !iou_load_reserve(l, &guards, m->node_count, &guards_capacity, sizeof(int))) {
        return iou_load_no_memory(l);
    }
    m->nodes = nodes;
    m->node_guards = guards;
    const int index = m->node_count;
    m->nodes[index] = *node;
    m->nodes[index].symbol = unique_name(l, node->name);
    m->node_guards[index] = frame->guard;
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            m->values[node->outputs[i]].producer = index;
        }
    }
    m->node_count++;
    return m->nodes[index].symbol ? IOU_OK : iou_load_no_memory(l);
}

static iou_status check_opset(const iou_loader *l, const iou_load_frame *frame,
                              const iou_node *node) {
    IOU_FAIL_IF(node->op && frame->opset == 0, IOU_BAD_MODEL, l->error,
                "node '%s' (%s): opset_import of the model or function around it names no version "
                "of the standard operators",
                node->name, node->op_type);
    return node->op ? iou_form_check(node, l->error) : IOU_OK;
}

/** Has the attributes read. Those of a branch may be wrong: it may never be taken, and inference
 * says so where it is. */
static iou_status parse_attributes(const iou_loader *l, const iou_load_frame *frame,
                                   iou_node *node) {
    iou_error ignored;
    const bool certain = frame->guard < 0;
    const iou_status status = iou_node_parse(node, l->model->arena, certain ? l->error : &ignored);
    if (status == IOU_OK || (!certain && status != IOU_OUT_OF_MEMORY)) {
        return IOU_OK;
    }
    node->op = NULL;
    return certain ? iou_load_note(l, status) : iou_load_no_memory(l);
}

static iou_status read_body(iou_loader *l, const iou_load_frame *frame, iou_node *node) {
    const bool parsed = node->op && (!node->op->parse || node->attributes);
    if (!parsed || !node->op->body) {
        return IOU_OK;
    }
    const iou_status status = iou_load_body(l, frame, node);
    node->op = status == IOU_OK ? node->op : NULL;
    return iou_load_note(l, status);
}

iou_status iou_load_plain(iou_loader *l, const iou_load_frame *frame,
                          const Onnx__NodeProto *proto) {
    const char *type = iou_load_text(proto->op_type);
    const bool standard = iou_load_is_standard(proto->domain);
    iou_node node = {.name = iou_load_node_name(l, frame, proto),
                     .op_type = type,
                     .opset = frame->opset,
                     .op = standard ? iou_op_find(type) : NULL,
                     .input_count = iou_load_trim(proto->input, proto->n_input),
                     .output_count = iou_load_trim(proto->output, proto->n_output),
                     .proto = proto};
    int *ids = iou_arena_alloc(l->model->arena,
                               sizeof(int) * (size_t)(node.input_count + node.output_count + 1));
    int *outputs = ids ? ids + node.input_count : NULL;
    if (!ids || !node.name) {
        return iou_load_no_memory(l);
    }
    iou_status status = iou_attributes_check(&node, l->error);
    status = status == IOU_OK ? check_opset(l, frame, &node) : status;
    IOU_TRY(iou_load_note(l, status));
    bool known = status == IOU_OK;
    node.form = known && node.op ? iou_form_of(&node) : NULL;
    IOU_TRY(iou_load_inputs(l, frame, proto, ids, &known));
    node.inputs = ids;
    node.outputs = outputs;
    while (node.input_count > 0 && ids[node.input_count - 1] < 0 && known) {
        node.input_count--; /* an absent input of the function around */
    }
    node.op = known && node.op != &iou_op_if ? node.op : NULL;
    IOU_TRY(parse_attributes(l, frame, &node));
    IOU_TRY(read_body(l, frame, &node)); /* before its outputs, which the body does not see */
    IOU_TRY(iou_load_outputs(l, frame, proto, false, outputs));
    return add_node(l, frame, &node);
}

iou_status iou_load_join(iou_loader *l, const iou_load_frame *frame, const iou_load_if *branching) {
    const Onnx__NodeProto *proto = branching->node;
    iou_node node = {.name = branching->name,
                     .op_type = "If",
                     .opset = frame->opset,
                     .op = &iou_op_if,
                     .output_count = iou_load_trim(proto->output, proto->n_output),
                     .inputs = branching->inputs,
                     .proto = proto};
    node.input_count = 1 + 2 * node.output_count;
    int *ids = iou_arena_alloc(l->model->arena, sizeof(int) * (size_t)(node.output_count + 1));
    if (!ids) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(iou_load_outputs(l, frame, proto, false, ids));
    node.outputs = ids;
    for (int i = 0; i < node.input_count; i++) {
        node.op = node.inputs[i] < 0 ? NULL : node.op; /* tolerated */
    }
    return add_node(l, frame, &node);
}

iou_status iou_load_identity(iou_loader *l, const iou_load_frame *frame, int from, int to) {
    static const Onnx__NodeProto proto = ONNX__NODE_PROTO__INIT;
    int *ids = iou_arena_alloc(l->model->arena, 2 * sizeof(int));
    if (!ids) {
        return iou_load_no_memory(l);
    }
    ids[0] = from;
    ids[1] = to;
    const iou_node node = {.name = l->model->values[to].name,
                           .op_type = "Identity",
                           .opset = 1,
                           .op = &iou_op_identity,
                           .input_count = 1,
                           .output_count = 1,
                           .inputs = ids,
                           .outputs = ids + 1,
                           .proto = &proto};
    return add_node(l, frame, &node);
}

#include "model/half_floats.h"

#include "core/convert.h"

#include "iou/ops.h"

#include <string.h>

enum { NONE = -1 };

typedef struct rewriting {
    iou_model *model;
    iou_type *narrow; /* of each value: what the file has it in, where it is held in float32; else
                         undefined */
    int *wide_of;     /* of a value that is not: one that is the same in float32 */
    int *narrow_of;   /* of one that is: the same in the file's type */
    iou_node *nodes;  /* the model's to be */
    int *guards;
    int node_count;
    iou_error *error;
} rewriting;

static iou_status no_memory(const rewriting *r) {
    return iou_fail(r->error, IOU_OUT_OF_MEMORY, "no memory for the model");
}

/* ---- Values -------------------------------------------------------------------------------- */

/** A new value like `value`, of another type. */
static int add_value(rewriting *r, int value, iou_type type) {
    iou_model *m = r->model;
    const int id = m->value_count++;
    m->values[id] = (iou_value){.name = m->values[value].name, .producer = -1};
    m->facts[id] = m->facts[value];
    m->facts[id].type = type;
    m->facts[id].data = NULL;
    r->narrow[id] = IOU_TYPE_UNDEFINED;
    r->wide_of[id] = r->narrow_of[id] = NONE;
    return id;
}

/** The bytes of a constant in float32. */
static iou_status widen_constant(const rewriting *r, int value, iou_fact *wide) {
    const iou_fact *fact = &r->model->facts[value];
    const size_t count = fact->data_size / iou_type_size(fact->type);
    void *data = iou_arena_alloc(r->model->arena, count * sizeof(float) + 1);
    const void *from = fact->data;
    if ((uintptr_t)from % sizeof(uint16_t) != 0) {
        void *aligned = iou_arena_alloc(r->model->arena, fact->data_size + 1);
        from = aligned != NULL ? memcpy(aligned, fact->data, fact->data_size) : NULL;
    }
    if (data == NULL || from == NULL) {
        return no_memory(r);
    }
    iou_convert(fact->type, from, IOU_FLOAT, data, count, (iou_rounding){0});
    wide->data = data;
    wide->data_size = count * sizeof(float);
    return IOU_OK;
}

/** The value that is `value` in float32. */
static iou_status need_wide(rewriting *r, int value) {
    if (r->wide_of[value] != NONE) {
        return IOU_OK;
    }
    iou_model *m = r->model;
    const int wide = add_value(r, value, IOU_FLOAT);
    r->wide_of[value] = wide;
    if (m->facts[value].data == NULL || m->values[value].is_input) { /* which may be fed */
        return IOU_OK;
    }
    m->values[wide].is_constant = m->values[value].is_constant;
    return widen_constant(r, value, &m->facts[wide]);
}

/* ---- Nodes that compute in float32 --------------------------------------------------------- */

static bool reads_half(const rewriting *r, const iou_node *node) {
    bool any = false;
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        any = any || (v >= 0 && (iou_is_half_float(r->model->facts[v].type) || r->narrow[v]));
    }
    return any;
}

static bool has_composites(const rewriting *r, const iou_node *node) {
    bool any = false;
    for (int i = 0; i < node->input_count; i++) {
        any = any || (node->inputs[i] >= 0 &&
                      iou_type_is_composite(r->model->facts[node->inputs[i]].type));
    }
    for (int i = 0; i < node->output_count; i++) {
        any = any || (node->outputs[i] >= 0 &&
                      iou_type_is_composite(r->model->facts[node->outputs[i]].type));
    }
    return any;
}

/** Whether a limit that a Clip may have is left out: then it is the type's largest number. */
static bool lacks_limits(const iou_node *node) {
    const bool inputs = node->opset >= 11; /* before, limits are attributes */
    return (node->op->widens & IOU_WIDENS_GIVEN) && inputs &&
           (node->input_count < 3 || node->inputs[1] < 0);
}

/** Whether a node may compute in float32. */
static bool computes_wide(const rewriting *r, const iou_node *node) {
    return node->body == NULL && !(node->op->widens & IOU_WIDENS_NEVER) && !lacks_limits(node) &&
           !has_composites(r, node);
}

/** The node's inputs for computing in float32, or in the file's types. */
static iou_status map_inputs(rewriting *r, iou_node *node, bool wide) {
    int *inputs = iou_arena_alloc(r->model->arena, sizeof *inputs * (size_t)node->input_count + 1);
    if (inputs == NULL) {
        return no_memory(r);
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        inputs[i] = v;
        if (v >= 0 && wide && iou_is_half_float(r->model->facts[v].type)) {
            IOU_TRY(need_wide(r, v));
            inputs[i] = r->wide_of[v];
        } else if (v >= 0 && !wide && r->narrow[v]) {
            if (r->narrow_of[v] == NONE) {
                r->narrow_of[v] = add_value(r, v, r->narrow[v]);
            }
            inputs[i] = r->narrow_of[v];
        }
    }
    node->inputs = inputs;
    return IOU_OK;
}

/** Which types the node's outputs have now. */
static iou_status infer_outputs(rewriting *r, const iou_node *node) {
    const size_t count = (size_t)node->output_count;
    iou_fact *out = iou_arena_alloc(r->model->arena, sizeof *out * count + 1);
    if (out == NULL) {
        return no_memory(r);
    }
    IOU_TRY(iou_model_infer_node(node, r->model->facts, false, out, r->model->arena, r->error));
    for (size_t i = 0; i < count; i++) {
        const int v = node->outputs[i];
        iou_fact *fact = v >= 0 ? &r->model->facts[v] : NULL;
        if (fact != NULL && iou_is_half_float(fact->type) && out[i].type == IOU_FLOAT) {
            r->narrow[v] = fact->type;
            *fact = out[i];
        }
    }
    return IOU_OK;
}

/** Decides how each node computes, in their order. */
static iou_status map_nodes(rewriting *r) {
    for (int n = 0; n < r->model->node_count; n++) {
        iou_node *node = &r->model->nodes[n];
        if (!reads_half(r, node)) {
            continue;
        }
        const bool wide = computes_wide(r, node);
        IOU_TRY(map_inputs(r, node, wide));
        if (wide) {
            IOU_TRY(infer_outputs(r, node));
        }
    }
    return IOU_OK;
}

/* ---- Casts --------------------------------------------------------------------------------- */

static void add_node(rewriting *r, const iou_node *node, int guard) {
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            r->model->values[node->outputs[i]].producer = r->node_count;
        }
    }
    r->nodes[r->node_count] = *node;
    r->guards[r->node_count++] = guard;
}

/** A node without attributes of the file: Cast to the type of value `to`. */
static iou_status add_cast(rewriting *r, int from, int to, int guard) {
    iou_arena *memory = r->model->arena;
    int *ids = iou_arena_alloc(memory, 2 * sizeof *ids);
    Onnx__NodeProto *proto = iou_arena_alloc(memory, sizeof *proto);
    Onnx__AttributeProto *attribute = iou_arena_alloc(memory, sizeof *attribute);
    Onnx__AttributeProto **list = iou_arena_alloc(memory, sizeof *list);
    if (ids == NULL || proto == NULL || attribute == NULL || list == NULL) {
        return no_memory(r);
    }
    static char name[] = "to";
    onnx__attribute_proto__init(attribute);
    attribute->name = name;
    attribute->has_i = true;
    attribute->i = (int64_t)r->model->facts[to].type;
    list[0] = attribute;
    onnx__node_proto__init(proto);
    proto->attribute = list;
    proto->n_attribute = 1;
    ids[0] = from;
    ids[1] = to;
    iou_node node = {.name = r->model->values[to].name,
                     .op_type = "Cast",
                     .opset = 13,
                     .op = &iou_op_cast,
                     .input_count = 1,
                     .output_count = 1,
                     .inputs = ids,
                     .outputs = ids + 1,
                     .proto = proto};
    IOU_TRY(iou_node_parse(&node, memory, r->error));
    add_node(r, &node, guard);
    return IOU_OK;
}

/** What an output of the graph is in the file's type, in its place. */
static int replace_output(rewriting *r, int value) {
    iou_model *m = r->model;
    const int out =
        r->narrow_of[value] != NONE ? r->narrow_of[value] : add_value(r, value, r->narrow[value]);
    r->narrow_of[value] = out;
    for (int i = 0; i < m->output_count; i++) {
        m->outputs[i] = m->outputs[i] == value ? out : m->outputs[i];
    }
    m->values[out].is_output = true;
    m->values[value].is_output = false;
    return out;
}

/** The casts behind what makes a value. */
static iou_status add_casts(rewriting *r, int value, int guard) {
    const iou_model *m = r->model;
    if (r->narrow[value] && m->values[value].is_output) {
        (void)replace_output(r, value);
    }
    if (r->narrow_of[value] != NONE) {
        IOU_TRY(add_cast(r, value, r->narrow_of[value], guard));
    }
    const int wide = r->wide_of[value];
    return wide != NONE && m->facts[wide].data == NULL ? add_cast(r, value, wide, guard) : IOU_OK;
}

static iou_status add_all(rewriting *r, int value_count) {
    const iou_model *m = r->model;
    for (int v = 0; v < value_count; v++) {
        if (m->values[v].producer < 0) {
            IOU_TRY(add_casts(r, v, NONE));
        }
    }
    for (int n = 0; n < m->node_count; n++) {
        const iou_node *node = &m->nodes[n];
        add_node(r, node, m->node_guards[n]);
        for (int i = 0; i < node->output_count; i++) {
            if (node->outputs[i] >= 0) {
                IOU_TRY(add_casts(r, node->outputs[i], m->node_guards[n]));
            }
        }
    }
    return IOU_OK;
}

/* ---- All ----------------------------------------------------------------------------------- */

static bool has_half(const iou_model *model) {
    bool any = false;
    for (int v = 0; v < model->value_count; v++) {
        any = any || iou_is_half_float(model->facts[v].type);
    }
    return any;
}

/** Room for the values and nodes to come: of each value there are at most two more. */
static bool reserve(rewriting *r) {
    iou_model *m = r->model;
    const size_t values = 3 * (size_t)m->value_count, nodes = (size_t)m->node_count + values;
    iou_value *more = iou_arena_alloc(m->arena, sizeof *more * values);
    iou_fact *facts = iou_arena_alloc(m->arena, sizeof *facts * values);
    r->narrow = iou_arena_alloc(m->arena, sizeof *r->narrow * values);
    r->wide_of = iou_arena_alloc(m->arena, sizeof *r->wide_of * values);
    r->narrow_of = iou_arena_alloc(m->arena, sizeof *r->narrow_of * values);
    r->nodes = iou_arena_alloc(m->arena, sizeof *r->nodes * nodes);
    r->guards = iou_arena_alloc(m->arena, sizeof *r->guards * nodes);
    if (!more || !facts || !r->narrow || !r->wide_of || !r->narrow_of || !r->nodes || !r->guards) {
        return false;
    }
    memcpy(more, m->values, sizeof *more * (size_t)m->value_count);
    memcpy(facts, m->facts, sizeof *facts * (size_t)m->value_count);
    m->values = more;
    m->facts = facts;
    for (int v = 0; v < m->value_count; v++) {
        r->narrow[v] = IOU_TYPE_UNDEFINED;
        r->wide_of[v] = r->narrow_of[v] = NONE;
    }
    return true;
}

iou_status iou_model_hold_wide(iou_model *model, iou_error *error) {
    const int value_count = model->value_count;
    rewriting r = {.model = model, .error = error};
    if (!has_half(model)) {
        return IOU_OK;
    }
    IOU_FAIL_IF(value_count > INT32_MAX / 8, IOU_LIMIT, error, "too many values");
    if (!reserve(&r)) {
        return no_memory(&r);
    }
    IOU_TRY(map_nodes(&r));
    IOU_TRY(add_all(&r, value_count));
    model->nodes = r.nodes;
    model->node_guards = r.guards;
    model->node_count = r.node_count;
    return IOU_OK;
}

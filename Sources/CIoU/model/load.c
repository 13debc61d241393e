/* From a decoded file to numbered values and resolved nodes. */
#include "model/model.h"

#include "model/names.h"

#include <stdio.h>
#include <string.h>

enum { MAX_OPSET = 28, MAX_LISTED = 64 /* missing operator types that a text names */ };

static const char *text(const char *s) {
    return s ? s : "";
}

static bool is_standard(const char *domain) {
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static iou_status read_opset(iou_model *model, iou_error *error) {
    const Onnx__ModelProto *proto = model->proto;
    for (size_t i = 0; i < proto->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = proto->opset_import[i];
        if (!is_standard(set->domain)) {
            continue; /* harmless unless a node is of that domain */
        }
        IOU_FAIL_IF(model->opset != 0, IOU_BAD_MODEL, error,
                    "the model imports the standard operators twice");
        IOU_FAIL_IF(set->version < 1 || set->version > MAX_OPSET, IOU_UNSUPPORTED, error,
                    "opset 1 to %d is supported, the model wants %lld", MAX_OPSET,
                    (long long)set->version);
        model->opset = (int)set->version;
    }
    if (model->opset == 0) {
        /* Files of IR version 1 and 2 import nothing and mean opset 1. */
        IOU_FAIL_IF(proto->ir_version >= 3, IOU_BAD_MODEL, error,
                    "opset_import names no version of the standard operators");
        model->opset = 1;
    }
    return IOU_OK;
}

static size_t count_names(const Onnx__GraphProto *graph) {
    size_t count = graph->n_input + graph->n_initializer;
    for (size_t i = 0; i < graph->n_node; i++) {
        count += graph->node[i]->n_output;
    }
    return count;
}

/** A new value's number, or -1 when the name is taken. */
static int add_value(iou_model *model, const char *name) {
    const int id = model->value_count;
    if (!iou_names_add(model->names, name, id)) {
        return -1;
    }
    model->value_count++;
    model->values[id] = (iou_value){.name = name, .producer = -1};
    model->facts[id] = (iou_fact){.rank = -1, .element_count = -1};
    return id;
}

/** Notes a failure where the model is opened for inspection, else answers it. */
static iou_status note(const iou_model *model, iou_status status, const iou_error *error) {
    return iou_problems_note(model->problems, status, error);
}

/** An inspection goes on where a name is undefined or taken, and leaves the word to the caller. */
static bool tolerates_names(const iou_model *model) {
    return model->problems != NULL;
}

static iou_status add_initializers(iou_model *model, const Onnx__GraphProto *graph,
                                   iou_error *error) {
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const Onnx__TensorProto *tensor = graph->initializer[i];
        const int id = add_value(model, text(tensor->name));
        if (id < 0 && tolerates_names(model)) {
            continue;
        }
        IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, error, "initializer '%s' is given twice",
                    text(tensor->name));
        char what[256];
        (void)snprintf(what, sizeof what, "initializer '%s'", text(tensor->name));
        const iou_status status =
            iou_fact_from_tensor(&model->facts[id], tensor, model->arena, what, error);
        IOU_TRY(note(model, status, error));
        if (status != IOU_OK) {
            model->facts[id] = (iou_fact){.rank = -1, .element_count = -1};
        }
        model->values[id].is_constant = true;
    }
    if (graph->n_sparse_initializer > 0) {
        return note(model,
                    iou_fail(error, IOU_UNSUPPORTED, "sparse initializers are not supported"),
                    error);
    }
    return IOU_OK;
}

static iou_status declare_input(iou_model *model, const Onnx__ValueInfoProto *info, int id,
                                iou_error *error) {
    iou_fact *fact = &model->facts[id];
    const Onnx__TypeProto *type = info->type;
    const Onnx__TypeProto__Tensor *tensor =
        type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? type->tensor_type : NULL;
    IOU_FAIL_IF(!tensor, IOU_UNSUPPORTED, error, "input '%s': a tensor is wanted", info->name);
    fact->type = (iou_type)tensor->elem_type;
    IOU_FAIL_IF(iou_type_size(fact->type) == 0, IOU_UNSUPPORTED, error,
                "input '%s': element type %s is not supported", info->name,
                iou_type_name(fact->type));
    if (!tensor->shape) {
        return IOU_OK;
    }
    const Onnx__TensorShapeProto *shape = tensor->shape;
    IOU_FAIL_IF(shape->n_dim > IOU_MAX_RANK, IOU_UNSUPPORTED, error,
                "input '%s': rank %zu, at most %d is supported", info->name, shape->n_dim,
                IOU_MAX_RANK);
    fact->rank = (int)shape->n_dim;
    for (size_t i = 0; i < shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) {
            IOU_FAIL_IF(dim->dim_value < 0, IOU_BAD_MODEL, error,
                        "input '%s': dimension %zu is %lld", info->name, i,
                        (long long)dim->dim_value);
            fact->dims[i] = iou_dim_number(dim->dim_value);
        } else if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
                   *dim->dim_param) {
            fact->dims[i].symbol = dim->dim_param;
        }
    }
    return IOU_OK;
}

/** An input that an initializer gives must be declared with its type. */
static iou_status check_default(const Onnx__ValueInfoProto *info, const iou_fact *fact,
                                iou_error *error) {
    const Onnx__TypeProto *type = info->type;
    if (type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
        const iou_type declared = (iou_type)type->tensor_type->elem_type;
        IOU_FAIL_IF(declared != fact->type, IOU_BAD_MODEL, error,
                    "input '%s': type %s is declared, its initializer has %s", info->name,
                    iou_type_name(declared), iou_type_name(fact->type));
    }
    return IOU_OK;
}

static iou_status add_inputs(iou_model *model, const Onnx__GraphProto *graph, iou_error *error) {
    model->inputs = iou_arena_alloc(model->arena, sizeof(int) * (graph->n_input + 1));
    IOU_FAIL_IF(!model->inputs, IOU_OUT_OF_MEMORY, error, "no memory for the inputs");
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__ValueInfoProto *info = graph->input[i];
        IOU_FAIL_IF(!info->name || !*info->name, IOU_BAD_MODEL, error, "input %zu has no name", i);
        const int known = iou_names_find(model->names, info->name);
        if (known >= 0 && model->values[known].is_constant) {
            /* Old files list initializers as inputs: the initializer is the value. */
            IOU_TRY(note(model, check_default(info, &model->facts[known], error), error));
            continue;
        }
        const int id = add_value(model, info->name);
        if (id < 0 && tolerates_names(model)) {
            continue;
        }
        IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, error, "input '%s' is given twice", info->name);
        model->values[id].is_input = true;
        const iou_status status = declare_input(model, info, id, error);
        IOU_TRY(note(model, status, error));
        if (status != IOU_OK) {
            model->facts[id] = (iou_fact){.rank = -1, .element_count = -1};
        }
        model->inputs[model->input_count++] = id;
    }
    return IOU_OK;
}

static size_t trim(char **names, size_t count) {
    while (count > 0 && (!names[count - 1] || !*names[count - 1])) {
        count--;
    }
    return count;
}

/** A readable name where the file has none. */
static const char *node_name(iou_model *model, const Onnx__NodeProto *proto, size_t index) {
    if (proto->name && *proto->name) {
        return proto->name;
    }
    if (proto->n_output > 0 && proto->output[0] && *proto->output[0]) {
        return proto->output[0];
    }
    char made[32];
    const int length = snprintf(made, sizeof made, "#%zu", index);
    const char *name = iou_arena_strdup(model->arena, made, (size_t)length);
    return name ? name : "";
}

static iou_status resolve_inputs(iou_model *model, iou_node *node, int *ids, iou_error *error) {
    for (int i = 0; i < node->input_count; i++) {
        const char *name = text(node->proto->input[i]);
        ids[i] = *name ? iou_names_find(model->names, name) : IOU_NO_VALUE;
        if (*name && ids[i] < 0 && tolerates_names(model)) {
            node->op = NULL;
            continue;
        }
        IOU_FAIL_IF(*name && ids[i] < 0, IOU_BAD_MODEL, error,
                    "node '%s' (%s): input '%s' is not computed before it is used", node->name,
                    node->op_type, name);
        if (ids[i] >= 0) {
            model->values[ids[i]].use_count++;
        }
    }
    node->inputs = ids;
    return IOU_OK;
}

static iou_status define_outputs(iou_model *model, iou_node *node, int index, int *ids,
                                 iou_error *error) {
    for (int i = 0; i < node->output_count; i++) {
        const char *name = text(node->proto->output[i]);
        ids[i] = IOU_NO_VALUE;
        if (!*name) {
            continue;
        }
        ids[i] = add_value(model, name);
        if (ids[i] < 0 && tolerates_names(model)) {
            continue;
        }
        IOU_FAIL_IF(ids[i] < 0, IOU_BAD_MODEL, error, "node '%s' (%s): output '%s' exists already",
                    node->name, node->op_type, name);
        model->values[ids[i]].producer = index;
    }
    node->outputs = ids;
    return IOU_OK;
}

static iou_status add_node(iou_model *model, size_t index, const Onnx__NodeProto *proto,
                           iou_error *error) {
    iou_node *node = &model->nodes[index];
    model->node_guards[index] = -1;
    *node = (iou_node){.name = node_name(model, proto, index),
                       .op_type = text(proto->op_type),
                       .opset = model->opset,
                       .op = is_standard(proto->domain) ? iou_op_find(text(proto->op_type)) : NULL,
                       .input_count = (int)trim(proto->input, proto->n_input),
                       .output_count = (int)trim(proto->output, proto->n_output),
                       .proto = proto};
    node->op = node->op == &iou_op_if ? NULL : node->op; /* its branches are not read yet */
    int *ids = iou_arena_alloc(model->arena,
                               sizeof(int) * (size_t)(node->input_count + node->output_count + 1));
    IOU_FAIL_IF(!ids, IOU_OUT_OF_MEMORY, error, "no memory for the nodes");
    const iou_status attributes = iou_attributes_check(node, error);
    IOU_TRY(note(model, attributes, error));
    if (attributes != IOU_OK) {
        node->op = NULL;
    }
    IOU_TRY(resolve_inputs(model, node, ids, error));
    return define_outputs(model, node, (int)index, ids + node->input_count, error);
}

/** Adds "Type (node 'a', 'b')" for every missing operator, each type once. */
static void list_missing(const iou_model *model, char *list, size_t capacity) {
    size_t used = 0;
    const char *listed[MAX_LISTED];
    int listed_count = 0;
    for (int i = 0; i < model->node_count && used < capacity && listed_count < MAX_LISTED; i++) {
        const iou_node *node = &model->nodes[i];
        bool seen = node->op != NULL;
        for (int j = 0; j < listed_count && !seen; j++) {
            seen = strcmp(listed[j], node->op_type) == 0;
        }
        if (seen) {
            continue;
        }
        listed[listed_count++] = node->op_type;
        const char *domain = text(node->proto->domain);
        used += (size_t)snprintf(list + used, capacity - used, "%s%s%s%s (", used ? ", " : "",
                                 domain, *domain ? "." : "", node->op_type);
        int named = 0;
        for (int j = i; j < model->node_count && used < capacity; j++) {
            if (!model->nodes[j].op && strcmp(model->nodes[j].op_type, node->op_type) == 0) {
                const char *form = named == 0 ? "node '%s'" : named < 4 ? ", '%s'" : "";
                used += *form ? (size_t)snprintf(list + used, capacity - used, form,
                                                 model->nodes[j].name)
                              : 0;
                named++;
            }
        }
        if (used < capacity && named > 4) {
            used += (size_t)snprintf(list + used, capacity - used, " and %d more", named - 4);
        }
        if (used < capacity) {
            used += (size_t)snprintf(list + used, capacity - used, ")");
        }
    }
}

static iou_status add_nodes(iou_model *model, const Onnx__GraphProto *graph, bool allow_missing,
                            iou_error *error) {
    model->nodes = iou_arena_alloc(model->arena, sizeof(iou_node) * (graph->n_node + 1));
    model->node_guards = iou_arena_alloc(model->arena, sizeof(int) * (graph->n_node + 1));
    IOU_FAIL_IF(!model->nodes || !model->node_guards, IOU_OUT_OF_MEMORY, error,
                "no memory for the nodes");
    model->node_count = (int)graph->n_node;
    model->runnable = !model->problems;
    for (size_t i = 0; i < graph->n_node; i++) {
        IOU_TRY(add_node(model, i, graph->node[i], error));
        model->runnable = model->runnable && model->nodes[i].op;
    }
    if (!model->runnable && !allow_missing) {
        char list[800];
        list_missing(model, list, sizeof list);
        return iou_fail(error, IOU_UNSUPPORTED, "operators are missing in this library: %s", list);
    }
    return IOU_OK;
}

static iou_status add_outputs(iou_model *model, const Onnx__GraphProto *graph, iou_error *error) {
    if (graph->n_output == 0) {
        return note(model, iou_fail(error, IOU_BAD_MODEL, "the graph has no outputs"), error);
    }
    model->outputs = iou_arena_alloc(model->arena, sizeof(int) * graph->n_output);
    IOU_FAIL_IF(!model->outputs, IOU_OUT_OF_MEMORY, error, "no memory for the outputs");
    for (size_t i = 0; i < graph->n_output; i++) {
        const char *name = text(graph->output[i]->name);
        const int id = iou_names_find(model->names, name);
        if (id < 0 && tolerates_names(model)) {
            continue;
        }
        IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, error, "output '%s' is not computed by any node", name);
        if (model->values[id].is_output) {
            IOU_TRY(note(model, iou_fail(error, IOU_BAD_MODEL, "output '%s' is given twice", name),
                         error));
            continue;
        }
        model->values[id].is_output = true;
        model->values[id].use_count++;
        model->outputs[model->output_count++] = id;
    }
    return IOU_OK;
}

iou_status iou_model_build(iou_model *model, const iou_model_options *options, iou_error *error) {
    const Onnx__GraphProto *graph = model->proto->graph;
    IOU_FAIL_IF(!graph, IOU_BAD_MODEL, error, "the model holds no graph");
    IOU_TRY(read_opset(model, error));
    const size_t capacity = count_names(graph);
    IOU_FAIL_IF(capacity > INT32_MAX / 2, IOU_LIMIT, error, "too many values");
    model->names = iou_names_create(model->arena, capacity);
    model->values = iou_arena_alloc(model->arena, sizeof(iou_value) * (capacity + 1));
    model->facts = iou_arena_alloc(model->arena, sizeof(iou_fact) * (capacity + 1));
    IOU_FAIL_IF(!model->names || !model->values || !model->facts, IOU_OUT_OF_MEMORY, error,
                "no memory for %zu values", capacity);
    if (options && options->keep_going) {
        model->problems = iou_arena_alloc(model->arena, sizeof *model->problems);
        IOU_FAIL_IF(!model->problems, IOU_OUT_OF_MEMORY, error, "no memory for problems");
        model->problems->memory = model->arena;
    }
    IOU_TRY(add_initializers(model, graph, error));
    IOU_TRY(add_inputs(model, graph, error));
    const bool allow_missing = options && (options->allow_missing_operators || options->keep_going);
    IOU_TRY(add_nodes(model, graph, allow_missing, error));
    IOU_TRY(add_outputs(model, graph, error));
    return iou_model_infer(model, model->facts, model->arena, error);
}

/* From a decoded file to numbered values and resolved nodes. */
#include "model/load.h"

#include "model/half_floats.h"
#include "model/integer_nodes.h"

#include "core/sizes.h"

#include <string.h>

enum {
    DEFAULT_NODES = 1000000,
    DEFAULT_MEBIBYTES = 512, /* as for the file itself */
    FIRST_WITH_DEFAULTS = 4  /* IR version in which a caller may feed an initializer */
};

static iou_status read_opset(iou_model *model, iou_error *error) {
    const Onnx__ModelProto *proto = model->proto;
    IOU_TRY(iou_load_opset(proto->opset_import, proto->n_opset_import, "model", model->arena,
                           &model->opset, error));
    /* Files of IR version 1 and 2 import nothing and mean opset 1. Others may have operators of
     * other domains alone. */
    if (model->opset == 0 && proto->ir_version < 3) {
        model->opset = 1;
    }
    return IOU_OK;
}

/** Lists the keys; of one that is there twice the last value counts. */
static iou_status read_metadata(iou_model *model, iou_error *error) {
    const size_t count = model->proto->n_metadata_props;
    model->metadata = iou_arena_alloc(model->arena, sizeof(*model->metadata) * (count + 1));
    model->metadata_names = iou_names_create(model->arena, count);
    IOU_FAIL_IF(!model->metadata || !model->metadata_names, IOU_OUT_OF_MEMORY, error,
                "no memory for the metadata");
    for (size_t i = 0; i < count; i++) {
        const Onnx__StringStringEntryProto *entry = model->proto->metadata_props[i];
        const char *key = iou_load_text(entry->key);
        if (iou_names_add(model->metadata_names, key, (int)model->metadata_count)) {
            model->metadata[model->metadata_count++] = entry;
        } else {
            model->metadata[iou_names_find(model->metadata_names, key)] = entry;
        }
    }
    return IOU_OK;
}

size_t iou_load_count_names(const Onnx__GraphProto *graph) {
    size_t count = graph->n_input + graph->n_initializer + graph->n_sparse_initializer;
    for (size_t i = 0; i < graph->n_node; i++) {
        count += graph->node[i]->n_output;
    }
    return count;
}

/* ---- Inputs and outputs -------------------------------------------------------------------- */

iou_status iou_load_declare_input(const Onnx__ValueInfoProto *info, bool inner, iou_fact *fact,
                                  iou_error *error) {
    const Onnx__TypeProto *type = info->type;
    fact->type = iou_type_from_proto(type);
    IOU_FAIL_IF(iou_type_is_inner(fact->type) && (!inner || iou_type_size(fact->type) == 0),
                IOU_UNSUPPORTED, error, "input '%s': expected a tensor%s, found %s", info->name,
                iou_type_is_composite(fact->type) ? "" : " of numbers", iou_type_name(fact->type));
    if (iou_type_is_composite(fact->type)) {
        fact->rank = 0;
        return IOU_OK;
    }
    const Onnx__TypeProto__Tensor *tensor =
        type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? type->tensor_type : NULL;
    IOU_FAIL_IF(!tensor, IOU_UNSUPPORTED, error, "input '%s': expected a tensor, found %s",
                info->name, iou_type_proto_name(type));
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
        fact->dims[i] = iou_load_dim(shape->dim[i]);
    }
    return IOU_OK;
}

/** What may be fed in place of an initializer: of its type, and of the shape that is declared. */
static iou_status declare_default(const Onnx__ValueInfoProto *info, const iou_fact *initializer,
                                  iou_fact *declared, iou_error *error) {
    const Onnx__TypeProto *type = info->type;
    if (!type || type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET) {
        declared->type = initializer->type;
        return IOU_OK;
    }
    IOU_TRY(iou_load_declare_input(info, false, declared, error));
    IOU_FAIL_IF(declared->type != initializer->type, IOU_BAD_MODEL, error,
                "input '%s': type %s is declared, its initializer has %s", info->name,
                iou_type_name(declared->type), iou_type_name(initializer->type));
    IOU_FAIL_IF(declared->rank >= 0 && declared->rank != initializer->rank, IOU_BAD_MODEL, error,
                "input '%s': rank %d is declared, its initializer has %d", info->name,
                declared->rank, initializer->rank);
    for (int i = 0; i < declared->rank; i++) {
        const iou_dim said = declared->dims[i], own = initializer->dims[i];
        IOU_FAIL_IF(said.known && said.value != own.value, IOU_BAD_MODEL, error,
                    "input '%s': dimension %d is declared as %lld, its initializer has %lld",
                    info->name, i, (long long)said.value, (long long)own.value);
    }
    return IOU_OK;
}

/** An input that an initializer is the default of. In files before IR version 4, which list all
 * initializers as inputs, it is the value for good. */
static iou_status add_default(iou_loader *l, const Onnx__ValueInfoProto *info, int id) {
    iou_model *m = l->model;
    iou_fact declared = {.rank = -1, .element_count = -1};
    const iou_status status = declare_default(info, &m->facts[id], &declared, l->error);
    if (status != IOU_OK || m->proto->ir_version < FIRST_WITH_DEFAULTS) {
        return iou_load_note(l, status);
    }
    if (m->problems) { /* nothing may be made of the default by whoever inspects the model */
        m->facts[id] = declared;
    }
    l->defaults[m->default_count] = id;
    m->declared[m->default_count++] = declared;
    return IOU_OK;
}

static iou_status add_input(iou_loader *l, const iou_scope *scope, const Onnx__ValueInfoProto *info,
                            size_t index) {
    iou_model *m = l->model;
    IOU_FAIL_IF(!*iou_load_text(info->name), IOU_BAD_MODEL, l->error, "input %zu has no name",
                index);
    const int known = iou_names_find(scope->names, info->name);
    if (known >= 0 && m->values[known].is_constant && !m->values[known].is_input) {
        m->values[known].is_input = true;
        return add_default(l, info, known);
    }
    const int id = iou_load_value(l, scope, "", info->name);
    if (id == -2) {
        return iou_load_no_memory(l);
    }
    if (id < 0 && iou_load_tolerates_names(l)) {
        return IOU_OK;
    }
    IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, l->error, "input '%s' is given twice", info->name);
    const iou_status status = iou_load_declare_input(info, false, &m->facts[id], l->error);
    if (status != IOU_OK) {
        m->facts[id] = (iou_fact){.rank = -1, .element_count = -1};
    }
    m->values[id].is_input = true;
    m->inputs[m->input_count++] = id;
    return iou_load_note(l, status);
}

static iou_status add_inputs(iou_loader *l, const iou_scope *scope, const Onnx__GraphProto *graph) {
    iou_model *m = l->model;
    const size_t initializers = graph->n_initializer + graph->n_sparse_initializer;
    const size_t defaults = iou_size_min(initializers, graph->n_input);
    m->inputs = iou_arena_alloc(m->arena, sizeof(int) * (graph->n_input + 1));
    l->defaults = iou_arena_alloc(m->arena, sizeof(int) * (defaults + 1));
    m->declared = iou_arena_alloc(m->arena, sizeof(iou_fact) * (defaults + 1));
    if (!m->inputs || !l->defaults || !m->declared) {
        return iou_load_no_memory(l);
    }
    for (size_t i = 0; i < graph->n_input; i++) {
        IOU_TRY(add_input(l, scope, graph->input[i], i));
    }
    memcpy(m->inputs + m->input_count, l->defaults, sizeof(int) * (size_t)m->default_count);
    return IOU_OK;
}

static iou_status add_output(iou_loader *l, const iou_scope *scope, const char *name) {
    iou_model *m = l->model;
    const int id = iou_names_find(scope->names, name);
    if (id < 0 && iou_load_tolerates_names(l)) {
        return IOU_OK;
    }
    IOU_FAIL_IF(id < 0, IOU_BAD_MODEL, l->error, "output '%s' is not computed by any node", name);
    m->values[id].is_output = true; /* perhaps once more: a file may list an output twice */
    m->outputs[m->output_count++] = id;
    return IOU_OK;
}

static iou_status add_outputs(iou_loader *l, const iou_scope *scope,
                              const Onnx__GraphProto *graph) {
    if (graph->n_output == 0) {
        return iou_load_note(l, iou_fail(l->error, IOU_BAD_MODEL, "the graph has no outputs"));
    }
    l->model->outputs = iou_arena_alloc(l->model->arena, sizeof(int) * graph->n_output);
    if (!l->model->outputs) {
        return iou_load_no_memory(l);
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        IOU_TRY(add_output(l, scope, iou_load_text(graph->output[i]->name)));
    }
    return IOU_OK;
}

/* ---- All ----------------------------------------------------------------------------------- */

/** Without functions that are sound, an inspection takes calls for operators that are missing. */
static iou_status read_functions(iou_loader *l, const Onnx__GraphProto *graph) {
    static const iou_functions none;
    iou_status status = iou_load_functions(l);
    status = status == IOU_OK ? iou_load_check_expansion(l, graph) : status;
    if (status != IOU_OK) {
        l->functions = &none;
    }
    return iou_load_note(l, status);
}

bool iou_load_reserve_graph(iou_loader *l, size_t values, size_t nodes) {
    iou_model *m = l->model;
    l->value_capacity = (int)values + 1;
    l->node_capacity = (int)nodes + 1;
    m->values = iou_arena_alloc(m->arena, sizeof(iou_value) * (values + 1));
    m->facts = iou_arena_alloc(m->arena, sizeof(iou_fact) * (values + 1));
    m->nodes = iou_arena_alloc(m->arena, sizeof(iou_node) * (nodes + 1));
    m->node_guards = iou_arena_alloc(m->arena, sizeof(int) * (nodes + 1));
    return m->values && m->facts && m->nodes && m->node_guards;
}

static bool lacks_operators(const iou_model *model) {
    bool missing = false;
    for (int i = 0; i < model->node_count; i++) {
        missing = missing || !model->nodes[i].op;
    }
    return missing;
}

static iou_status read_graph(iou_loader *l, const Onnx__GraphProto *graph, bool allow_missing) {
    iou_model *m = l->model;
    const size_t names = iou_load_count_names(graph);
    IOU_FAIL_IF(names > INT32_MAX / 4, IOU_LIMIT, l->error, "too many values");
    iou_scope *scope = iou_load_scope(l, NULL, names);
    l->node_names = iou_names_create(m->arena, graph->n_node);
    if (!scope || !l->node_names || !iou_load_reserve_graph(l, names, graph->n_node)) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(iou_load_initializers(l, scope, "", graph));
    IOU_TRY(add_inputs(l, scope, graph));
    const iou_load_frame whole = {.nodes = graph->node,
                                  .count = graph->n_node,
                                  .scope = scope,
                                  .path = "",
                                  .opset = m->opset,
                                  .guard = -1};
    IOU_TRY(iou_load_nodes(l, &whole));
    l->main = scope;
    bool missing = lacks_operators(m);
    for (const iou_model *body = m->bodies; body; body = body->next) {
        missing = missing || lacks_operators(body);
    }
    m->runnable = !m->problems && !missing;
    if (missing && !allow_missing) {
        return iou_load_refuse_missing(m, l->error);
    }
    return add_outputs(l, scope, graph);
}

/** A caller gets tensors alone. */
static iou_status check_outputs(const iou_model *model, iou_error *error) {
    for (int i = 0; i < model->output_count; i++) {
        const iou_type type = model->facts[model->outputs[i]].type;
        if (iou_type_is_inner(type)) {
            IOU_TRY(iou_problems_note(
                model->problems,
                iou_fail(error, IOU_UNSUPPORTED, "output '%s': expected a tensor%s, found %s",
                         model->values[model->outputs[i]].name,
                         iou_type_is_composite(type) ? "" : " of numbers", iou_type_name(type)),
                error));
        }
    }
    return IOU_OK;
}

/** Refuses a type that the file declares of a value and its node does not produce. */
static iou_status check_declared(const iou_loader *l, Onnx__ValueInfoProto *const *list,
                                 size_t count) {
    const iou_model *m = l->model;
    for (size_t i = 0; i < count; i++) {
        const char *name = iou_load_text(list[i]->name);
        const int id = iou_names_find(l->main->names, name);
        if (id < 0 || m->values[id].producer < 0) {
            continue;
        }
        const iou_type declared = iou_type_from_proto(list[i]->type), found = m->facts[id].type;
        const iou_node *node = &m->nodes[m->values[id].producer];
        IOU_FAIL_IF(declared != IOU_TYPE_UNDEFINED && found != IOU_TYPE_UNDEFINED &&
                        !iou_type_serves(found, declared),
                    IOU_BAD_MODEL, l->error,
                    "node '%s' (%s): output '%s': expected %s, as the file declares, found %s",
                    node->name, node->op_type, name, iou_type_name(declared), iou_type_name(found));
    }
    return IOU_OK;
}

/** What the model becomes from here on need not be as ONNX defines the file's operators. */
static void forget_forms(const iou_model *model) {
    for (int n = 0; n < model->node_count; n++) {
        model->nodes[n].form = NULL;
    }
}

static void forget_all_forms(const iou_model *model) {
    forget_forms(model);
    for (const iou_model *body = model->bodies; body; body = body->next) {
        forget_forms(body);
    }
}

iou_status iou_model_build(iou_model *model, const iou_model_options *options, iou_error *error) {
    static const iou_model_options defaults;
    const iou_model_options *o = options ? options : &defaults;
    const Onnx__GraphProto *graph = model->proto->graph;
    IOU_FAIL_IF(!graph, IOU_BAD_MODEL, error, "the model holds no graph");
    IOU_TRY(read_opset(model, error));
    IOU_TRY(read_metadata(model, error));
    iou_loader l = {.model = model,
                    .max_nodes = o->max_nodes ? o->max_nodes : DEFAULT_NODES,
                    .max_bytes = o->max_decoded_bytes ? o->max_decoded_bytes
                                                      : (size_t)DEFAULT_MEBIBYTES << 20,
                    .error = error};
    if (o->keep_going) {
        model->problems = iou_arena_alloc(model->arena, sizeof *model->problems);
        IOU_FAIL_IF(!model->problems, IOU_OUT_OF_MEMORY, error, "no memory for problems");
        model->problems->memory = model->arena;
    }
    IOU_TRY(read_functions(&l, graph));
    IOU_TRY(read_graph(&l, graph, o->allow_missing_operators || o->keep_going));
    IOU_TRY(iou_model_infer(model, model->facts, model->arena, error));
    IOU_TRY(check_outputs(model, error));
    if (!model->problems) { /* whoever inspects the model sees what is declared */
        IOU_TRY(check_declared(&l, graph->output, graph->n_output));
        IOU_TRY(check_declared(&l, graph->value_info, graph->n_value_info));
    }
    forget_all_forms(model);
    IOU_TRY(model->runnable ? iou_model_hold_wide(model, error) : IOU_OK);
    return iou_model_find_integer_nodes(model, error);
}

/*
 * Lists of nodes, one inside the other: branches of If and bodies of functions are read in the
 * place of the node, with a stack of our own: a file may call 3,000 functions deep.
 */
#include "model/load.h"

#include <string.h>

static iou_load_frame *top(const iou_loader *l) {
    return &l->frames[l->depth - 1];
}

static iou_status push(iou_loader *l, const iou_load_frame *frame) {
    void *frames = l->frames;
    if (!frame->scope || !frame->path ||
        !iou_load_reserve(l, &frames, l->depth, &l->frame_capacity, sizeof(iou_load_frame))) {
        return iou_load_no_memory(l);
    }
    l->frames = frames;
    l->frames[l->depth] = *frame;
    IOU_TRY(iou_load_order(l, frame, &l->frames[l->depth].nodes));
    l->depth++;
    return IOU_OK;
}

static size_t count_outputs(Onnx__NodeProto *const *nodes, size_t count) {
    size_t outputs = 0;
    for (size_t i = 0; i < count; i++) {
        outputs += nodes[i]->n_output;
    }
    return outputs;
}

/** A node that cannot be read further: noted in an inspection, which goes on without it. */
static iou_status refuse(iou_loader *l, const Onnx__NodeProto *node, iou_status status) {
    IOU_TRY(iou_load_note(l, status));
    const iou_load_frame frame = *top(l);
    bool known = true;
    int *ids = iou_arena_alloc(l->model->arena, sizeof(int) * (node->n_input + node->n_output + 1));
    if (!ids) {
        return iou_load_no_memory(l);
    }
    IOU_TRY(iou_load_inputs(l, &frame, node, ids, &known));
    return iou_load_outputs(l, &frame, node, false, ids);
}

/* ---- If ------------------------------------------------------------------------------------ */

static iou_status check_branch(const iou_loader *l, const Onnx__NodeProto *node, const char *name,
                               const Onnx__GraphProto *branch, const char *which) {
    IOU_FAIL_IF(!branch, IOU_BAD_MODEL, l->error, "node '%s' (If): %s is missing", name, which);
    IOU_FAIL_IF(branch->n_input > 0, IOU_BAD_MODEL, l->error,
                "node '%s' (If): %s must have no inputs, it has %zu", name, which, branch->n_input);
    IOU_FAIL_IF(branch->n_output != node->n_output, IOU_BAD_MODEL, l->error,
                "node '%s' (If): %zu outputs, %s has %zu", name, node->n_output, which,
                branch->n_output);
    return IOU_OK;
}

static const Onnx__GraphProto *find_branch(const Onnx__NodeProto *node, const char *which) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (strcmp(iou_load_text(node->attribute[i]->name), which) == 0) {
            return node->attribute[i]->g;
        }
    }
    return NULL;
}

static iou_status add_guards(iou_loader *l, int condition, int parent, int *guard) {
    iou_model *m = l->model;
    *guard = m->guard_count;
    for (int i = 0; i < 2; i++) {
        void *guards = m->guards;
        if (!iou_load_reserve(l, &guards, m->guard_count, &l->guard_capacity, sizeof(iou_guard))) {
            return iou_load_no_memory(l);
        }
        m->guards = guards;
        m->guards[m->guard_count++] = (iou_guard){condition, i == 0, parent};
    }
    return IOU_OK;
}

static iou_status enter_branch(iou_loader *l, iou_load_if *branching, int branch) {
    const iou_load_frame around = *top(l);
    const Onnx__GraphProto *graph = branching->branches[branch];
    const char *path = iou_load_name(l, branching->name, branch == 0 ? "/then/" : "/else/");
    iou_load_frame frame = {.nodes = graph->node,
                            .count = graph->n_node,
                            .scope = iou_load_scope(l, around.scope, 16),
                            .path = path,
                            .opset = around.opset,
                            .guard = branching->guard + branch,
                            .call = around.call,
                            .branching = branching,
                            .branch = branch};
    IOU_TRY(push(l, &frame));
    return iou_load_initializers(l, frame.scope, path, graph);
}

static iou_status enter_if(iou_loader *l, const Onnx__NodeProto *node) {
    const iou_load_frame frame = *top(l);
    const char *name = iou_load_node_name(l, &frame, node);
    const int outputs = iou_load_trim(node->output, node->n_output);
    iou_load_if *branching = iou_arena_alloc(l->model->arena, sizeof *branching);
    int *inputs =
        iou_arena_alloc(l->model->arena, sizeof(int) * (2 * (size_t)outputs + node->n_input + 1));
    if (!name || !branching || !inputs) {
        return iou_load_no_memory(l);
    }
    const iou_node form = {.name = name,
                           .op_type = "If",
                           .opset = frame.opset,
                           .input_count = iou_load_trim(node->input, node->n_input),
                           .output_count = outputs,
                           .proto = node};
    IOU_TRY(iou_form_check(&form, l->error));
    *branching = (iou_load_if){node,
                               name,
                               {find_branch(node, "then_branch"), find_branch(node, "else_branch")},
                               inputs,
                               -1};
    IOU_TRY(check_branch(l, node, name, branching->branches[0], "then_branch"));
    IOU_TRY(check_branch(l, node, name, branching->branches[1], "else_branch"));
    IOU_FAIL_IF(node->n_input != 1, IOU_BAD_MODEL, l->error,
                "node '%s' (If): expected one input, found %zu", name, node->n_input);
    bool known = true;
    IOU_TRY(iou_load_inputs(l, &frame, node, inputs, &known));
    IOU_FAIL_IF(inputs[0] < 0, IOU_BAD_MODEL, l->error, "node '%s' (If): it has no condition",
                name);
    IOU_TRY(add_guards(l, inputs[0], frame.guard, &branching->guard));
    return enter_branch(l, branching, 0);
}

/** After the last node of a branch: the other branch, or the If itself. */
static iou_status leave_branch(iou_loader *l) {
    const iou_load_frame branch = *top(l);
    iou_load_if *branching = branch.branching;
    const Onnx__GraphProto *graph = branching->branches[branch.branch];
    const int outputs = iou_load_trim(branching->node->output, branching->node->n_output);
    for (int i = 0; i < outputs; i++) {
        const char *name = iou_load_text(graph->output[i]->name);
        int id = -1;
        if (*name) {
            IOU_TRY(iou_load_find(l, branch.scope, name, &id));
        }
        const bool computed = id >= 0 && !l->model->values[id].awaited;
        IOU_FAIL_IF(!computed && !iou_load_tolerates_names(l), IOU_BAD_MODEL, l->error,
                    "node '%s' (If): output '%s' of its %s branch is not computed", branching->name,
                    name, branch.branch == 0 ? "then" : "else");
        branching->inputs[1 + branch.branch * outputs + i] = computed ? id : IOU_NO_VALUE;
    }
    l->depth--;
    return branch.branch == 0 ? enter_branch(l, branching, 1) : iou_load_join(l, top(l), branching);
}

/* ---- Calls --------------------------------------------------------------------------------- */

/** Gives the formal inputs and outputs the values of the call's. */
static iou_status bind_names(iou_loader *l, const iou_scope *scope,
                             const Onnx__FunctionProto *function, const int *inputs, int given,
                             const int *outputs, int requested) {
    for (size_t i = 0; i < function->n_input; i++) {
        const bool there = i < (size_t)given && inputs[i] >= 0;
        const char *name = iou_load_text(function->input[i]);
        IOU_FAIL_IF(!*name ||
                        !iou_names_add(scope->names, name, there ? inputs[i] : IOU_ABSENT_VALUE),
                    IOU_BAD_MODEL, l->error, "function '%s': input '%s' is given twice",
                    iou_load_text(function->name), name);
    }
    for (int i = 0; i < requested; i++) {
        const char *name = iou_load_text(function->output[i]);
        if (outputs[i] >= 0 && *name) { /* false for an input, or an output that is listed twice */
            (void)iou_names_add(scope->names, name, outputs[i]);
        }
    }
    return IOU_OK;
}

static iou_status enter_call(iou_loader *l, const Onnx__NodeProto *node,
                             const Onnx__FunctionProto *function, int opset) {
    const iou_load_frame around = *top(l);
    const char *name = iou_load_node_name(l, &around, node);
    const int given = iou_load_trim(node->input, node->n_input);
    const int requested = iou_load_trim(node->output, node->n_output);
    IOU_FAIL_IF((size_t)given > function->n_input || (size_t)requested > function->n_output,
                IOU_BAD_MODEL, l->error,
                "node '%s' (%s): its function has %zu inputs and %zu outputs, it passes %d and "
                "expects %d",
                name ? name : "", iou_load_text(node->op_type), function->n_input,
                function->n_output, given, requested);
    iou_load_call *call = iou_arena_alloc(l->model->arena, sizeof *call);
    int *ids =
        iou_arena_alloc(l->model->arena, sizeof(int) * ((size_t)given + (size_t)requested + 1));
    const size_t names =
        function->n_input + function->n_output + count_outputs(function->node, function->n_node);
    iou_load_frame frame = {.nodes = function->node,
                            .count = function->n_node,
                            .scope = iou_load_scope(l, NULL, names),
                            .path = name ? iou_load_name(l, name, "/") : NULL,
                            .opset = opset,
                            .guard = around.guard,
                            .call = call};
    if (!call || !ids || !frame.scope || !frame.path) {
        return iou_load_no_memory(l);
    }
    *call = (iou_load_call){function, node};
    bool known = true;
    IOU_TRY(iou_load_inputs(l, &around, node, ids, &known));
    IOU_TRY(iou_load_outputs(l, &around, node, true, ids + given));
    frame.call_outputs = ids + given;
    frame.call_output_count = requested;
    IOU_TRY(bind_names(l, frame.scope, function, ids, given, ids + given, requested));
    return push(l, &frame);
}

static iou_status enter_function(iou_loader *l, const Onnx__NodeProto *node, int index) {
    int opset;
    IOU_TRY(iou_load_function_opset(l, index, &opset));
    return enter_call(l, node, l->functions->list[index], opset);
}

static iou_status enter_gradient(iou_loader *l, const Onnx__NodeProto *node) {
    const iou_load_frame around = *top(l);
    const Onnx__FunctionProto *function;
    IOU_TRY(iou_load_gradient(l, &around, node, &function));
    return enter_call(l, node, function, around.opset);
}

static iou_status enter_composed(iou_loader *l, const Onnx__NodeProto *node,
                                 const iou_composed *composed) {
    const Onnx__FunctionProto *function;
    int opset;
    IOU_TRY(iou_load_composed(l, node, composed, &function, &opset));
    return enter_call(l, node, function, opset);
}

/** An output that no node of the body computed is an input passed on, or computed as another. */
static iou_status finish_output(iou_loader *l, const iou_load_frame *body, int index) {
    const int to = body->call_outputs[index];
    if (to < 0) {
        return IOU_OK;
    }
    const Onnx__FunctionProto *function = body->call->function;
    const char *name = iou_load_text(function->output[index]);
    const int from = iou_names_find(body->scope->names, name);
    if (from == to && !l->model->values[to].awaited) {
        return IOU_OK;
    }
    l->model->values[to].awaited = false;
    if (from < 0 || from == to) {
        return iou_load_note(l, iou_fail(l->error, IOU_BAD_MODEL,
                                         "function '%s': output '%s' is not computed",
                                         iou_load_text(function->name), name));
    }
    return iou_load_identity(l, body, from, to);
}

static iou_status leave_call(iou_loader *l) {
    const iou_load_frame body = *top(l);
    for (int i = 0; i < body.call_output_count; i++) {
        IOU_TRY(finish_output(l, &body, i));
    }
    l->depth--;
    return IOU_OK;
}

/* ---- The walk ------------------------------------------------------------------------------ */

static iou_status read_node(iou_loader *l, const Onnx__NodeProto *proto) {
    const Onnx__NodeProto *node;
    IOU_TRY(iou_load_bind(l, top(l), proto, &node));
    const int function = iou_load_function_of(l->functions, node);
    const bool is_if =
        iou_load_is_standard(node->domain) && strcmp(iou_load_text(node->op_type), "If") == 0;
    const bool is_gradient = function < 0 && iou_load_is_gradient(node);
    const iou_composed *composed =
        function < 0 ? iou_composed_find(iou_load_text(node->domain), iou_load_text(node->op_type))
                     : NULL;
    if (function < 0 && !is_if && !is_gradient && !composed) {
        return iou_load_plain(l, top(l), node);
    }
    const int depth = l->depth;
    const iou_status status = is_if         ? enter_if(l, node)
                              : is_gradient ? enter_gradient(l, node)
                              : composed    ? enter_composed(l, node, composed)
                                            : enter_function(l, node, function);
    return status != IOU_OK && l->depth == depth ? refuse(l, node, status) : status;
}

static iou_status leave(iou_loader *l) {
    if (top(l)->branching) {
        return leave_branch(l);
    }
    if (top(l)->call_outputs) {
        return leave_call(l);
    }
    l->depth--;
    return IOU_OK;
}

iou_status iou_load_nodes(iou_loader *l, const iou_load_frame *whole) {
    IOU_TRY(push(l, whole));
    while (l->depth > 0) {
        iou_load_frame *frame = top(l);
        if (frame->next < frame->count) {
            IOU_TRY(read_node(l, frame->nodes[frame->next++]));
        } else {
            IOU_TRY(leave(l));
        }
    }
    return IOU_OK;
}

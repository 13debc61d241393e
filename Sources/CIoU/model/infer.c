/* Types and shapes of a whole graph, symbolic or concrete. */
#include "model/model.h"

#include "core/memory.h"
#include "core/sizes.h"

#include "iou/ops.h"
#include "model/infer_body.h"
#include "model/guard.h"
#include "ops/body.h"
#include "ops/form.h"
#include "ops/widen.h"

#include <string.h>

static bool accepts(const iou_op *op, iou_type type) {
    const bool composite = iou_type_is_composite(type);
    return (!composite || (op->accepts & IOU_ACCEPTS_COMPOSITES) != 0) &&
           (iou_type_element(type) != IOU_STRING || (op->accepts & IOU_ACCEPTS_STRINGS) != 0);
}

/** Refuses what an operator does not expect; an outer value of a body may be any. */
static iou_status check_inputs(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const int own = node->body ? node->body->own_inputs : node->input_count;
    for (int i = 0; i < own; i++) {
        if (infer->in[i] && !accepts(node->op, infer->in[i]->type)) {
            const bool composite = iou_type_is_composite(infer->in[i]->type);
            return iou_infer_fail(infer, composite ? IOU_BAD_MODEL : IOU_UNSUPPORTED,
                                  "input %d: expected a tensor%s, found %s", i,
                                  composite ? "" : " of numbers",
                                  iou_type_name(infer->in[i]->type));
        }
    }
    return IOU_OK;
}

/** Refuses what an operator would make of an attribute. */
static iou_status check_outputs(const iou_infer *infer) {
    for (int i = 0; i < infer->node->output_count; i++) {
        iou_fact *out = &infer->out[i];
        if (!accepts(infer->node->op, out->type)) {
            return iou_infer_fail(infer, IOU_UNSUPPORTED,
                                  "output %d: expected a tensor of numbers, found %s", i,
                                  iou_type_name(out->type));
        }
        out->rank = iou_type_is_composite(out->type) ? 0 : out->rank; /* one pointer */
    }
    return IOU_OK;
}

iou_status iou_model_infer_node(const iou_node *node, const iou_fact *facts, bool largest,
                                iou_fact *out, iou_arena *memory, iou_error *error) {
    const iou_fact *fixed[16];
    const iou_fact **in = fixed;
    const size_t ins = (size_t)node->input_count;
    if (ins > sizeof fixed / sizeof fixed[0]) {
        in = iou_arena_alloc(memory, sizeof(*in) * ins);
        IOU_FAIL_IF(!in, IOU_OUT_OF_MEMORY, error, "node '%s': no memory", node->name);
    }
    for (size_t i = 0; i < ins; i++) {
        in[i] = node->inputs[i] < 0 ? NULL : &facts[node->inputs[i]];
    }
    for (int i = 0; i < node->output_count; i++) {
        out[i] = (iou_fact){.rank = -1, .element_count = -1};
    }
    if (!node->op) {
        return IOU_OK;
    }
    if (node->op->parse && !node->attributes) {
        iou_node refused = *node; /* in a branch, which is taken now */
        return iou_node_parse(&refused, memory, error);
    }
    const iou_infer infer = {node, in, out, memory, error, largest};
    IOU_TRY(check_inputs(&infer));
    IOU_TRY(iou_widen_infer(&infer));
    return check_outputs(&infer);
}

/** Refuses types that the operator's definition does not have. Where a later one has them the node
 * computes what was meant: that is told where the model is inspected. */
static iou_status check_form(const iou_model *model, const iou_node *node, const iou_fact *facts,
                             const iou_fact *out, iou_error *error) {
    if (!node->form) {
        return IOU_OK;
    }
    int newer = 0;
    const int own = node->body ? node->body->own_inputs : node->input_count;
    const iou_status status = out ? iou_form_check_outputs(node, facts, out, &newer, error)
                                  : iou_form_check_inputs(node, own, facts, &newer, error);
    if (status == IOU_OK || newer == 0) {
        return status;
    }
    return model->problems ? iou_problems_note(model->problems, status, error) : IOU_OK;
}

iou_status iou_model_infer(const iou_model *model, iou_fact *facts, iou_arena *memory,
                           iou_error *error) {
    size_t most = 1;
    for (int n = 0; n < model->node_count; n++) {
        const size_t outputs = (size_t)model->nodes[n].output_count;
        most = iou_size_max(outputs, most);
    }
    iou_fact *out = iou_arena_alloc(memory, sizeof(iou_fact) * most);
    iou_guard_state *states =
        iou_arena_alloc(memory, sizeof(iou_guard_state) * (size_t)(model->guard_count + 1));
    IOU_FAIL_IF(!out || !states, IOU_OUT_OF_MEMORY, error, "no memory to infer shapes");
    int seen = 0; /* guards */
    for (int n = 0; n < model->node_count; n++) {
        const iou_node *node = &model->nodes[n];
        const int guard = model->node_guards[n];
        for (; seen <= guard; seen++) {
            states[seen] = iou_guard_look(model, facts, states, seen);
        }
        if (guard >= 0 && states[guard] == IOU_GUARD_SKIPPED) {
            continue;
        }
        /* A branch may be made for other shapes than those that come: it need not fit. */
        const bool certain = guard < 0 || states[guard] == IOU_GUARD_TAKEN;
        iou_error ignored;
        iou_error *const told = certain ? error : &ignored;
        /* Its types are the same whatever comes. */
        iou_status status = check_form(model, node, facts, NULL, error);
        if (status != IOU_OK) {
            IOU_TRY(iou_problems_note(model->problems, status, error));
            continue;
        }
        status = node->body ? iou_model_infer_body(model, node, facts, memory, told) : IOU_OK;
        status =
            status == IOU_OK ? iou_model_infer_node(node, facts, false, out, memory, told) : status;
        status = status == IOU_OK ? check_form(model, node, facts, out, told) : status;
        status = status == IOU_OK && certain && node->form && model->problems
                     ? iou_constants_check(node, facts, error)
                     : status;
        if (certain || status == IOU_OUT_OF_MEMORY) {
            IOU_TRY(iou_problems_note(model->problems, status, error));
        }
        for (int i = 0; i < node->output_count && status == IOU_OK; i++) {
            if (node->outputs[i] >= 0) {
                facts[node->outputs[i]] = out[i];
            }
        }
    }
    return IOU_OK;
}

/* ---- For the compiler ---------------------------------------------------------------------- */

struct iou_inferred {
    iou_model *model;
    const iou_problem **problems; /* of the model, by number */
    int *values;                  /* of the main graph */
    size_t value_count;
};

/** The values of the main graph: what is inside functions and branches has no name outside. */
static iou_status list_values(iou_inferred *inferred, iou_error *error) {
    const iou_model *model = inferred->model;
    inferred->values = iou_memory_zeroed((size_t)model->value_count + 1, sizeof *inferred->values);
    IOU_FAIL_IF(!inferred->values, IOU_OUT_OF_MEMORY, error, "no memory");
    for (int v = 0; v < model->value_count; v++) {
        if (!model->values[v].is_inner) {
            inferred->values[inferred->value_count++] = v;
        }
    }
    return IOU_OK;
}

static iou_status list_problems(iou_inferred *inferred, iou_error *error) {
    const iou_problems *found = inferred->model->problems;
    inferred->problems = iou_memory_zeroed(found->count + 1, sizeof *inferred->problems);
    IOU_FAIL_IF(!inferred->problems, IOU_OUT_OF_MEMORY, error, "no memory");
    size_t count = 0;
    for (const iou_problem *at = found->first; at; at = at->next) {
        inferred->problems[count++] = at;
    }
    return IOU_OK;
}

iou_status iou_infer_model(iou_inferred **out, const void *data, size_t size, iou_error *error) {
    *out = iou_memory_zeroed(1, sizeof(iou_inferred));
    IOU_FAIL_IF(!*out, IOU_OUT_OF_MEMORY, error, "no memory");
    const iou_model_options options = {
        .struct_size = sizeof options, .allow_missing_operators = true, .keep_going = true};
    iou_error own = {0}; /* problems are noted from it */
    iou_status status =
        iou_model_open_memory(&(*out)->model, data, size, &options, error ? error : &own);
    if (status == IOU_OK) {
        status = list_problems(*out, error);
    }
    if (status == IOU_OK) {
        status = list_values(*out, error);
    }
    if (status != IOU_OK) {
        iou_inferred_close(out);
    }
    return status;
}

size_t iou_inferred_count(const iou_inferred *inferred) {
    return inferred->value_count;
}

iou_status iou_inferred_value(const iou_inferred *inferred, size_t index, iou_value_info *info) {
    const iou_model *model = inferred->model;
    if (index >= inferred->value_count) {
        return IOU_INVALID_ARGUMENT;
    }
    iou_model_describe(model, inferred->values[index], info);
    return IOU_OK;
}

size_t iou_inferred_problem_count(const iou_inferred *inferred) {
    return inferred->model->problems->count;
}

iou_status iou_inferred_problem(const iou_inferred *inferred, size_t index, iou_status *kind,
                                const char **text) {
    if (index >= iou_inferred_problem_count(inferred)) {
        return IOU_INVALID_ARGUMENT;
    }
    *kind = inferred->problems[index]->status;
    *text = inferred->problems[index]->text;
    return IOU_OK;
}

bool iou_inferred_elements(const iou_inferred *inferred, size_t index, int64_t *elements,
                           size_t *count) {
    if (index >= inferred->value_count) {
        return false;
    }
    const iou_fact *fact = &inferred->model->facts[inferred->values[index]];
    if (!fact->elements || fact->element_count < 0 || !iou_fact_is_concrete(fact)) {
        return false;
    }
    for (int i = 0; i < fact->element_count; i++) {
        if (!fact->elements[i].known) {
            return false;
        }
        elements[i] = fact->elements[i].value;
    }
    *count = (size_t)fact->element_count;
    return true;
}

void iou_inferred_close(iou_inferred **inferred) {
    if (inferred && *inferred) {
        iou_model_close(&(*inferred)->model);
        iou_memory_release((void *)(*inferred)->problems);
        iou_memory_release((*inferred)->values);
        iou_memory_release(*inferred);
        *inferred = NULL;
    }
}

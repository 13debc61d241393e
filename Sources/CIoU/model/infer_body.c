/*
 * What holds for a body's values in every iteration. Of the states that is the type, and the shape
 * or the rank where the body keeps it: passes suppose that, and what comes out decides.
 */
#include "model/infer_body.h"

#include "ops/body.h"

#include <string.h>

/* Deeper bodies are inferred once only: each pass over a body is one over those inside. */
enum { MAX_TRIED_DEPTH = 3 };

static int depth_of(const iou_model *model) {
    return model->outer ? 1 + depth_of(model->outer) : 0;
}

/** Where a caller may feed something else than a default, its shape and elements do not hold. */
static bool has_defaults(const iou_model *model) {
    return model->default_count > 0 || (model->outer && has_defaults(model->outer));
}

static void forget_shape(iou_fact *fact) {
    const int rank = iou_type_is_composite(fact->type) ? 0 : -1;
    *fact = (iou_fact){.type = fact->type, .rank = rank, .element_count = -1};
}

/** Forgets what another pass has found out; of the body's own inputs, all but the type. */
static void reset_facts(iou_model *inner) {
    for (int v = 0; v < inner->value_count; v++) {
        iou_fact *fact = &inner->facts[v];
        if (inner->values[v].is_input) {
            forget_shape(fact);
        } else if (!inner->values[v].is_constant) {
            *fact = (iou_fact){.rank = -1, .element_count = -1};
        }
    }
}

/** The declared types of the body's own inputs against those of what it is given. */
static iou_status check_types(const iou_node *node, const iou_fact *given, iou_error *error) {
    const iou_model *inner = node->body->model;
    for (int i = 0; i < node->body->input_count; i++) {
        const iou_type declared = inner->facts[inner->inputs[i]].type;
        IOU_FAIL_IF(declared != IOU_TYPE_UNDEFINED && given[i].type != IOU_TYPE_UNDEFINED &&
                        declared != given[i].type,
                    IOU_BAD_MODEL, error,
                    "node '%s' (%s): body: input '%s' is declared as %s, it is given %s",
                    node->name, node->op_type, inner->values[inner->inputs[i]].name,
                    iou_type_name(declared), iou_type_name(given[i].type));
    }
    return IOU_OK;
}

/** Infers with these inputs into `facts`, which are the body's at first. */
static iou_status infer_with(const iou_body *body, const iou_fact *inputs, iou_fact *facts,
                             iou_arena *memory, iou_error *error) {
    const iou_model *inner = body->model;
    for (int i = 0; i < inner->input_count; i++) {
        iou_fact *fact = &facts[inner->inputs[i]];
        const iou_type declared = fact->type;
        *fact = inputs[i];
        fact->type = fact->type == IOU_TYPE_UNDEFINED ? declared : fact->type;
    }
    return iou_model_infer(inner, facts, memory, error);
}

/** Whether every state leaves an iteration as it entered, as far as that was said. */
static bool keeps(const iou_body *body, const iou_fact *inputs, const iou_fact *facts) {
    const iou_model *inner = body->model;
    bool kept = true;
    for (int i = 0; i < body->states; i++) {
        const iou_fact *before = &inputs[iou_body_state_input(body) + i];
        const iou_fact *after = &facts[inner->outputs[iou_body_state_output(body) + i]];
        kept = kept && (before->rank < 0 || before->rank == after->rank);
        for (int d = 0; kept && d < before->rank; d++) {
            const bool said = before->dims[d].known || before->dims[d].symbol;
            kept = !said || iou_dim_equal(before->dims[d], after->dims[d]);
        }
    }
    return kept;
}

/** Tries what the states may keep; `*held`: whether they do. */
static iou_status try_inputs(const iou_body *body, const iou_fact *inputs, iou_arena *memory,
                             bool *held) {
    iou_model *inner = body->model;
    const size_t values = (size_t)inner->value_count;
    iou_fact *facts = iou_arena_alloc(memory, sizeof(*facts) * (values + 1));
    if (!facts) {
        return IOU_OUT_OF_MEMORY;
    }
    memcpy(facts, inner->facts, sizeof(*facts) * values);
    iou_error ignored;
    iou_problems *problems = inner->problems;
    inner->problems = NULL; /* what fails now may yet be right */
    const iou_status status = infer_with(body, inputs, facts, memory, &ignored);
    inner->problems = problems;
    *held = status == IOU_OK && keeps(body, inputs, facts);
    if (*held) {
        memcpy(inner->facts, facts, sizeof(*facts) * values);
    }
    return status == IOU_OUT_OF_MEMORY ? status : IOU_OK;
}

iou_status iou_model_infer_body(const iou_model *model, const iou_node *node, const iou_fact *facts,
                                iou_arena *memory, iou_error *error) {
    const iou_body *body = node->body;
    iou_model *inner = body->model;
    const iou_fact **in = iou_arena_alloc(memory, sizeof(*in) * ((size_t)node->input_count + 1));
    iou_fact *given = iou_arena_alloc(memory, sizeof(*given) * ((size_t)inner->input_count + 1));
    IOU_FAIL_IF(!in || !given, IOU_OUT_OF_MEMORY, error, "no memory to infer shapes");
    inner->problems = model->problems; /* nowhere, while a try is under way */
    reset_facts(inner);
    for (int i = 0; i < node->input_count; i++) {
        in[i] = node->inputs[i] < 0 ? NULL : &facts[node->inputs[i]];
    }
    iou_body_enter(node, in, IOU_KEEPS_TYPES, given);
    IOU_TRY(check_types(node, given, error));
    const bool sure = !has_defaults(model);
    bool held = false;
    iou_body_keeps keep = depth_of(model) < MAX_TRIED_DEPTH && sure && body->states > 0
                              ? IOU_KEEPS_SHAPES
                              : IOU_KEEPS_TYPES;
    for (; keep < IOU_KEEPS_TYPES && !held; keep++) {
        iou_body_enter(node, in, keep, given);
        const iou_status status = try_inputs(body, given, memory, &held);
        IOU_FAIL_IF(status != IOU_OK, status, error, "no memory to infer shapes");
    }
    if (!held) {
        iou_body_enter(node, in, IOU_KEEPS_TYPES, given);
        for (int i = 0; !sure && i < inner->input_count; i++) {
            forget_shape(&given[i]);
        }
        IOU_TRY(infer_with(body, given, inner->facts, memory, error));
    }
    for (int i = 0; i < inner->output_count; i++) {
        body->results[i] = inner->facts[inner->outputs[i]];
    }
    return IOU_OK;
}

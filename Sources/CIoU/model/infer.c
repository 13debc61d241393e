/* Types and shapes of a whole graph, symbolic or concrete. */
#include "model/model.h"

#include "iou/ops.h"

#include <stdlib.h>
#include <string.h>

static iou_status infer_node(const iou_node *node, iou_fact *facts, iou_arena *memory,
                             iou_error *error) {
    const iou_fact *fixed_in[16] = {0};
    iou_fact fixed_out[4];
    const size_t ins = (size_t)node->input_count, outs = (size_t)node->output_count;
    const iou_fact **in = fixed_in;
    iou_fact *out = fixed_out;
    if (ins > 16 || outs > 4) {
        in = iou_arena_alloc(memory, sizeof(*in) * (ins + 1));
        out = iou_arena_alloc(memory, sizeof(*out) * (outs + 1));
        IOU_FAIL_IF(!in || !out, IOU_OUT_OF_MEMORY, error, "node '%s': no memory", node->name);
    }
    for (size_t i = 0; i < ins; i++) {
        in[i] = node->inputs[i] < 0 ? NULL : &facts[node->inputs[i]];
    }
    for (size_t i = 0; i < outs; i++) {
        out[i] = (iou_fact){.rank = -1, .element_count = -1};
    }
    if (node->op) {
        const iou_infer infer = {node, in, out, memory, error, false};
        IOU_TRY(node->op->infer(&infer));
    }
    for (size_t i = 0; i < outs; i++) {
        if (node->outputs[i] >= 0) {
            facts[node->outputs[i]] = out[i];
        }
    }
    return IOU_OK;
}

iou_status iou_model_infer(const iou_model *model, iou_fact *facts, iou_arena *memory,
                           iou_error *error) {
    for (int i = 0; i < model->node_count; i++) {
        const iou_status status = infer_node(&model->nodes[i], facts, memory, error);
        IOU_TRY(iou_problems_note(model->problems, status, error));
    }
    return IOU_OK;
}

/* ---- For the compiler ---------------------------------------------------------------------- */

struct iou_inferred {
    iou_model *model;
    const iou_problem **problems; /* of the model, by number */
};

static iou_status list_problems(iou_inferred *inferred, iou_error *error) {
    const iou_problems *found = inferred->model->problems;
    inferred->problems = calloc(found->count + 1, sizeof *inferred->problems);
    IOU_FAIL_IF(!inferred->problems, IOU_OUT_OF_MEMORY, error, "no memory");
    size_t count = 0;
    for (const iou_problem *at = found->first; at; at = at->next) {
        inferred->problems[count++] = at;
    }
    return IOU_OK;
}

iou_status iou_infer_model(iou_inferred **out, const void *data, size_t size, iou_error *error) {
    *out = calloc(1, sizeof(iou_inferred));
    IOU_FAIL_IF(!*out, IOU_OUT_OF_MEMORY, error, "no memory");
    const iou_model_options options = {
        .struct_size = sizeof options, .allow_missing_operators = true, .keep_going = true};
    iou_error own = {0}; /* problems are noted from it */
    iou_status status =
        iou_model_open_memory(&(*out)->model, data, size, &options, error ? error : &own);
    if (status == IOU_OK) {
        status = list_problems(*out, error);
    }
    if (status != IOU_OK) {
        iou_inferred_close(out);
    }
    return status;
}

size_t iou_inferred_count(const iou_inferred *inferred) {
    return (size_t)inferred->model->value_count;
}

iou_status iou_inferred_value(const iou_inferred *inferred, size_t index, iou_value_info *info) {
    const iou_model *model = inferred->model;
    if (index >= (size_t)model->value_count) {
        return IOU_INVALID_ARGUMENT;
    }
    iou_model_describe(model, (int)index, info);
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

void iou_inferred_close(iou_inferred **inferred) {
    if (inferred && *inferred) {
        iou_model_close(&(*inferred)->model);
        free((void *)(*inferred)->problems);
        free(*inferred);
        *inferred = NULL;
    }
}

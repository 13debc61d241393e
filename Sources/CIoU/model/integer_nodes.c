#include "model/integer_nodes.h"

#include "core/memory.h"
#include "ops/epilogue.h"
#include "ops/integer_form.h"

#include <math.h>
#include <string.h>

enum { MOST_INPUTS = 64 };

typedef struct search {
    iou_model *model;
    int *uses; /**< of each value, by nodes and as an output */
    iou_node *nodes;
    int found;
    iou_error *error;
} search;

static void count_uses(search *s) {
    const iou_model *m = s->model;
    for (int n = 0; n < m->node_count; n++) {
        for (int i = 0; i < m->nodes[n].input_count; i++) {
            if (m->nodes[n].inputs[i] >= 0) {
                s->uses[m->nodes[n].inputs[i]]++;
            }
        }
    }
    for (int i = 0; i < m->output_count; i++) {
        s->uses[m->outputs[i]]++;
    }
}

/** The node that computes a value for one reader alone, in the same branch; NULL: none. */
static const iou_node *only_producer(const search *s, int value, int reader) {
    const int n = value < 0 ? -1 : s->model->values[value].producer;
    const bool alone = n >= 0 && s->uses[value] == 1 &&
                       s->model->node_guards[n] == s->model->node_guards[reader] &&
                       s->model->nodes[n].output_count == 1;
    return alone ? &s->model->nodes[n] : NULL;
}

/** A constant in whose place nothing can be fed. */
static bool is_fixed(const search *s, int value) {
    return value < 0 || !s->model->values[value].is_input;
}

/** Whether a node quantizes or dequantizes by what never changes. */
static bool is_fixed_quantizing(const search *s, const iou_node *node, iou_quantizing quantizing) {
    return node != NULL && node->op != NULL && node->op->quantizing == quantizing &&
           is_fixed(s, node->inputs[1]) && (node->input_count < 3 || is_fixed(s, node->inputs[2]));
}

/** Whether a node is limits alone, all constant. */
static bool find_limits(const search *s, const iou_node *node, iou_epilogue_step *step) {
    const iou_epilogue_query query = {.node = node,
                                      .facts = s->model->facts,
                                      .channel_axis = -1,
                                      .isa = IOU_ISA_SCALAR,
                                      .memory = s->model->arena,
                                      .error = s->error};
    bool accepted = node->op->epilogue != NULL && node->input_count > 0;
    for (int i = 1; i < node->input_count; i++) {
        accepted = accepted && is_fixed(s, node->inputs[i]);
    }
    return accepted && node->op->epilogue(&query, step, &accepted) == IOU_OK && accepted &&
           step->kind == IOU_EPILOGUE_CLAMP && step->lo <= step->hi;
}

/** Follows limits from the quantizer back to the node that computes; NULL where there is none. */
static const iou_node *find_head(const search *s, int quantizer, float *lo, float *hi) {
    const iou_node *node = only_producer(s, s->model->nodes[quantizer].inputs[0], quantizer);
    iou_epilogue_step step;
    *lo = -INFINITY;
    *hi = INFINITY;
    while (node != NULL && find_limits(s, node, &step)) {
        const iou_node *before = only_producer(s, node->inputs[0], quantizer);
        if (before == NULL || before->op->quantizing == IOU_DEQUANTIZES) {
            return node;
        }
        const float least = fminf(fmaxf(step.lo, *lo), *hi);
        *hi = fminf(fmaxf(step.hi, *lo), *hi);
        *lo = least;
        node = before;
    }
    return node;
}

/** The same node with the quantized values of its operands, which it only moves. */
static iou_status make_moving(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const iou_node *node = query->node;
    const iou_quantized_operand out = iou_quantized_operand_of(query->quantizer);
    int inputs[MOST_INPUTS];
    *accepted = query->dequantizers[0] != NULL && query->lo == -INFINITY && query->hi == INFINITY &&
                iou_is_quantized_whole(query->facts, &out);
    for (int i = 0; i < node->input_count && *accepted; i++) {
        inputs[i] = node->inputs[i];
        if (query->dequantizers[i] != NULL) {
            const iou_quantized_operand in = iou_quantized_operand_of(query->dequantizers[i]);
            *accepted = iou_is_quantized_whole(query->facts, &in) &&
                        iou_is_quantized_alike(query->facts, &in, &out);
            inputs[i] = in.value;
        } else {
            *accepted = inputs[i] < 0 || query->facts[inputs[i]].type != IOU_FLOAT ||
                        query->facts[inputs[i]].data != NULL;
        }
    }
    return *accepted ? iou_integer_form_make(query, node->op, inputs, node->input_count,
                                             node->attributes, made)
                     : IOU_OK;
}

/** Whether inference takes the node, and says what the quantizer's output is. */
static bool infers(const search *s, const iou_node *made) {
    iou_fact out = {.rank = -1, .element_count = -1};
    iou_error ignored;
    return iou_model_infer_node(made, s->model->facts, false, &out, s->model->arena, &ignored) ==
               IOU_OK &&
           out.type == s->model->facts[made->outputs[0]].type;
}

/** What computes a node's inputs, what they are dequantized by, and what computes their integers.
 */
typedef struct operand_nodes {
    const iou_node *producers[MOST_INPUTS];
    const iou_node *dequantizers[MOST_INPUTS], *operands[MOST_INPUTS];
} operand_nodes;

/** Fills them in; whether there are any. */
static bool find_operands(const search *s, const iou_node *node, operand_nodes *nodes) {
    const iou_model *m = s->model;
    bool any = false;
    for (int i = 0; i < node->input_count && i < MOST_INPUTS; i++) {
        const int v = node->inputs[i], n = v < 0 ? -1 : m->values[v].producer;
        const iou_node *producer = n < 0 ? NULL : &m->nodes[n];
        const bool found = is_fixed_quantizing(s, producer, IOU_DEQUANTIZES);
        const int integers = found ? m->values[producer->inputs[0]].producer : -1;
        nodes->producers[i] = producer;
        nodes->dequantizers[i] = found ? producer : NULL;
        nodes->operands[i] = integers < 0 ? NULL : &s->nodes[integers];
        any = any || found;
    }
    return any && node->op != NULL && node->body == NULL && node->input_count <= MOST_INPUTS;
}

/** Puts the integer form of a node in the place of node `place`, where it has one. */
static iou_status replace(search *s, const iou_integer_query *query, int place) {
    const iou_op *op = query->node->op;
    iou_node made;
    bool accepted = false;
    if (op->integer_form != NULL) {
        IOU_TRY(op->integer_form(query, &made, &accepted));
    }
    if (!accepted && query->quantizer != NULL && op->moves != NULL && op->moves(query->node)) {
        IOU_TRY(make_moving(query, &made, &accepted));
    }
    if (accepted && infers(s, &made)) {
        s->nodes[place] = made;
        s->found++;
    }
    return IOU_OK;
}

/** Of what is quantized behind a node. */
static iou_status replace_quantizer(search *s, int n) {
    operand_nodes operands;
    iou_integer_query query = {.facts = s->model->facts,
                               .producers = operands.producers,
                               .dequantizers = operands.dequantizers,
                               .operands = operands.operands,
                               .quantizer = &s->model->nodes[n],
                               .memory = s->model->arena,
                               .error = s->error};
    query.node = find_head(s, n, &query.lo, &query.hi);
    return query.node != NULL && find_operands(s, query.node, &operands) ? replace(s, &query, n)
                                                                         : IOU_OK;
}

/** Of what stays floats. */
static iou_status replace_real(search *s, int n) {
    operand_nodes operands;
    const iou_integer_query query = {.node = &s->model->nodes[n],
                                     .facts = s->model->facts,
                                     .producers = operands.producers,
                                     .dequantizers = operands.dequantizers,
                                     .operands = operands.operands,
                                     .lo = -INFINITY,
                                     .hi = INFINITY,
                                     .memory = s->model->arena,
                                     .error = s->error};
    return find_operands(s, query.node, &operands) ? replace(s, &query, n) : IOU_OK;
}

iou_status iou_model_find_integer_nodes(iou_model *model, iou_error *error) {
    bool any = false;
    for (int n = 0; n < model->node_count; n++) {
        any = any || (model->nodes[n].op && model->nodes[n].op->quantizing != IOU_QUANTIZES_NOT);
    }
    if (!any || !model->runnable) {
        return IOU_OK;
    }
    search s = {.model = model,
                .uses = iou_memory_zeroed((size_t)model->value_count + 1, sizeof(int)),
                .nodes =
                    iou_arena_alloc(model->arena, sizeof(iou_node) * (size_t)model->node_count),
                .error = error};
    iou_status status = IOU_OK;
    if (s.uses == NULL || s.nodes == NULL) {
        status = iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for the model");
    } else {
        memcpy(s.nodes, model->nodes, sizeof(iou_node) * (size_t)model->node_count);
        count_uses(&s);
    }
    for (int n = 0; n < model->node_count && status == IOU_OK; n++) {
        status = is_fixed_quantizing(&s, &model->nodes[n], IOU_QUANTIZES) ? replace_quantizer(&s, n)
                                                                          : replace_real(&s, n);
    }
    iou_memory_release(s.uses);
    model->integer_nodes = s.found > 0 ? s.nodes : NULL;
    return status;
}

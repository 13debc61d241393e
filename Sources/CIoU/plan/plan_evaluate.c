/*
 * Shape arithmetic in types that inference does not follow, as exporters write it for padding that
 * depends on the size: few numbers, computed from known ones while the plan is made, so that no
 * segment has to end before them.
 */
#include "core/memory.h"
#include "ops/widen.h"
#include "plan/plan_builder.h"

#include <string.h>

enum { MOST_INPUT_ELEMENTS = 4096, MOST_OPERANDS = 16 };

static bool has_few(const iou_fact *fact, size_t most) {
    static const iou_type types[] = {IOU_FLOAT, IOU_DOUBLE, IOU_INT32, IOU_INT64, IOU_BOOL};
    size_t count;
    bool number = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        number = number || fact->type == types[i];
    }
    return number && iou_fact_count(fact, &count) && count <= most;
}

bool iou_plan_evaluates(const iou_plan_builder *b, const iou_node *node) {
    bool known = !b->request->reference_mode && !node->op->random && !node->op->pooled &&
                 !node->body && !iou_node_is_if(node) && node->input_count > 0 &&
                 node->input_count + node->output_count <= MOST_OPERANDS;
    for (int i = 0; known && i < node->input_count; i++) {
        const int v = node->inputs[i];
        known =
            v < 0 || (iou_plan_knows(&b->facts[v]) && has_few(&b->facts[v], MOST_INPUT_ELEMENTS));
    }
    bool learns = false;
    for (int i = 0; known && i < node->output_count; i++) {
        const int v = node->outputs[i];
        known = v < 0 || has_few(&b->facts[v], IOU_MAX_ELEMENTS);
        learns = learns || (known && v >= 0 && !iou_plan_knows(&b->facts[v]));
    }
    return known && learns;
}

/* A node with its operands, its step and their memory. */
typedef struct evaluation {
    iou_operand operands[MOST_OPERANDS];
    const iou_operand *inputs[MOST_OPERANDS];
    const void *in[MOST_OPERANDS];
    void *out[MOST_OPERANDS];
    iou_step step;
} evaluation;

/* Known values, where their types are aligned. */
static bool bind_inputs(iou_plan_builder *b, const iou_node *node, evaluation *e) {
    for (int i = 0; i < node->input_count; i++) {
        const int v = node->inputs[i];
        if (v < 0) {
            continue;
        }
        iou_fact *fact = &b->facts[v];
        void *copy = iou_plan_materialize(b, fact)
                         ? iou_arena_alloc(b->scratch, iou_plan_fact_size(fact) + 1)
                         : NULL;
        if (!copy) {
            return false;
        }
        memcpy(copy, fact->data, iou_plan_fact_size(fact));
        e->operands[i] = iou_plan_operand(fact, IOU_PLAIN);
        e->operands[i].constant = copy;
        e->inputs[i] = &e->operands[i];
        e->in[i] = copy;
    }
    return true;
}

static bool bind_outputs(iou_plan_builder *b, const iou_node *node, evaluation *e) {
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v < 0) {
            continue;
        }
        e->operands[node->input_count + i] = iou_plan_operand(&b->facts[v], IOU_PLAIN);
        e->out[i] = iou_arena_alloc(b->plan->memory, iou_plan_fact_size(&b->facts[v]) + 1);
        if (!e->out[i]) {
            return false;
        }
    }
    return true;
}

static iou_status run(const iou_plan_builder *b, const iou_node *node, evaluation *e,
                      iou_error *error) {
    static const iou_epilogue none = {NULL, 0};
    iou_weights weights = {iou_packed_weights_create(NULL), b->request->isa, NULL};
    if (!weights.cache) {
        return iou_plan_no_memory(b);
    }
    const iou_prepare prepare = {.node = node,
                                 .in = e->inputs,
                                 .out = e->operands + node->input_count,
                                 .epilogue = &none,
                                 .isa = b->request->isa,
                                 .caches = b->request->caches,
                                 .threads = 1,
                                 .memory = b->scratch,
                                 .weights = &weights,
                                 .step = &e->step,
                                 .error = error};
    iou_status status = iou_widen_prepare(&prepare);
    void *scratch = status == IOU_OK && e->step.scratch_size <= b->request->max_memory
                        ? iou_arena_alloc(b->scratch, e->step.scratch_size + 1)
                        : NULL;
    status = status == IOU_OK && !scratch ? IOU_OUT_OF_MEMORY : status;
    const iou_call call = {
        .params = e->step.params, .in = e->in, .out = e->out, .scratch = scratch, .error = error};
    for (size_t task = 0; status == IOU_OK && task < e->step.task_count; task++) {
        status = e->step.run(&call, task);
    }
    iou_packed_weights_destroy(weights.cache);
    return status;
}

iou_status iou_plan_evaluate(iou_plan_builder *b, const iou_node *node) {
    evaluation e = {.step = {.task_count = 1, .algorithm = "plain", .isa = "scalar"}};
    iou_error ignored = {0};
    if (!bind_inputs(b, node, &e) || !bind_outputs(b, node, &e)) {
        return iou_plan_no_memory(b);
    }
    if (run(b, node, &e, &ignored) != IOU_OK) {
        return IOU_OK;
    }
    for (int i = 0; i < node->output_count; i++) {
        const int v = node->outputs[i];
        if (v >= 0) {
            b->facts[v].data = e.out[i];
            b->facts[v].data_size = iou_plan_fact_size(&b->facts[v]);
            if (iou_fact_read_elements(&b->facts[v], b->plan->memory) != IOU_OK) {
                return iou_plan_no_memory(b);
            }
        }
    }
    return IOU_OK;
}

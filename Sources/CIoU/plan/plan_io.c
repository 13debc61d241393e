/* What the caller gives to a plan and gets from it. */
#include "plan/plan_builder.h"

#include <string.h>

static iou_status bind_symbol(iou_plan_builder *b, const iou_dim *declared, int64_t given,
                              const char *input, int axis, iou_dim *bound, int *bound_count) {
    for (int i = 0; i < *bound_count; i++) {
        if (strcmp(bound[i].symbol, declared->symbol) == 0) {
            IOU_FAIL_IF(bound[i].value != given, IOU_INVALID_ARGUMENT, b->error,
                        "input '%s': dimension %d ('%s') is %lld, but another '%s' is %lld", input,
                        axis, declared->symbol, (long long)given, declared->symbol,
                        (long long)bound[i].value);
            return IOU_OK;
        }
    }
    bound[(*bound_count)++] = (iou_dim){.symbol = declared->symbol, .value = given};
    return IOU_OK;
}

iou_status iou_plan_bind_inputs(iou_plan_builder *b) {
    const iou_model *m = b->model;
    const int count = m->input_count + m->default_count;
    iou_dim *bound =
        iou_arena_alloc(b->plan->memory, sizeof(iou_dim) * ((size_t)count * IOU_MAX_RANK + 1));
    if (!bound) {
        return iou_plan_no_memory(b);
    }
    int bound_count = 0;
    for (int i = 0; i < count; i++) {
        const iou_tensor *given = b->request->inputs[i];
        if (!given) {
            continue;
        }
        iou_fact *fact = &b->facts[m->inputs[i]];
        const char *name = m->values[m->inputs[i]].name;
        fact->type = given->type; /* of a body's input it may not be known before */
        IOU_FAIL_IF(fact->rank >= 0 && fact->rank != given->rank, IOU_INVALID_ARGUMENT, b->error,
                    "input '%s': expected rank %d, found %d", name, fact->rank, given->rank);
        for (int d = 0; d < given->rank; d++) {
            const iou_dim declared = fact->rank >= 0 ? fact->dims[d] : iou_dim_unknown();
            IOU_FAIL_IF(declared.known && declared.value != given->dims[d], IOU_INVALID_ARGUMENT,
                        b->error, "input '%s': dimension %d is %lld, %lld was given", name, d,
                        (long long)declared.value, (long long)given->dims[d]);
            if (!declared.known && declared.symbol) {
                IOU_TRY(bind_symbol(b, &declared, given->dims[d], name, d, bound, &bound_count));
            }
            fact->dims[d] = iou_dim_number(given->dims[d]);
        }
        fact->rank = given->rank;
        const int storage =
            iou_plan_add_storage(b, IOU_STORAGE_INPUT, iou_plan_fact_size(fact), NULL, i);
        if (storage < 0) {
            return iou_plan_no_memory(b);
        }
        b->storages[m->inputs[i]][IOU_PLAIN] = storage;
        b->given[m->inputs[i]] = true;
    }
    return IOU_OK;
}

static iou_status run_copy(const iou_call *call, size_t task) {
    (void)task;
    memcpy(call->out[0], call->in[0], *(const size_t *)call->params);
    return IOU_OK;
}

static iou_status add_copy(iou_plan_builder *b, int output, int from, int *storage) {
    const size_t size = b->plan->storages[from].size;
    *storage = iou_plan_add_storage(b, IOU_STORAGE_OUTPUT, size, NULL, output);
    iou_plan_step *step = *storage < 0 ? NULL : iou_plan_add_step(b, 1, 1);
    size_t *bytes = iou_arena_alloc(b->plan->memory, sizeof *bytes);
    if (!step || !bytes) {
        return iou_plan_no_memory(b);
    }
    *bytes = size;
    step->name = b->model->values[b->model->outputs[output]].name;
    step->type = "(output)";
    step->inputs[0] = from;
    step->outputs[0] = *storage;
    step->step = (iou_step){
        .run = run_copy, .params = bytes, .task_count = 1, .algorithm = "copy", .isa = "scalar"};
    return IOU_OK;
}

/** Describes an output that this segment computes, and finds its storage. */
static iou_status bind_output(iou_plan_builder *b, int index) {
    const int v = b->model->outputs[index];
    const iou_operand operand = iou_plan_operand(&b->facts[v], IOU_PLAIN);
    IOU_FAIL_IF(iou_type_is_inner(operand.type) && !b->model->outer, IOU_UNSUPPORTED, b->error,
                "output '%s': expected a tensor of numbers, found %s", b->model->values[v].name,
                iou_type_name(operand.type));
    iou_plan_output *out = &b->plan->outputs[b->plan->output_count++];
    *out = (iou_plan_output){.index = index,
                             .type = operand.type,
                             .rank = operand.rank,
                             .size = iou_plan_fact_size(&b->facts[v]),
                             .data_dependent = b->data_dependent[v]};
    memcpy(out->dims, operand.dims, sizeof out->dims);
    int storage;
    IOU_TRY(iou_plan_storage_of(b, v, IOU_PLAIN, &storage));
    out->storage = storage;
    iou_storage *at = &b->plan->storages[storage];
    if (out->data_dependent >= 0) {
        at->kind = at->kind == IOU_STORAGE_ARENA ? IOU_STORAGE_KEPT : at->kind;
    } else if (at->kind == IOU_STORAGE_ARENA) {
        at->kind = IOU_STORAGE_OUTPUT;
        at->index = index;
    } else {
        IOU_TRY(add_copy(b, index, storage, &out->storage));
    }
    return IOU_OK;
}

iou_status iou_plan_bind_outputs(iou_plan_builder *b) {
    const iou_model *m = b->model;
    b->plan->outputs =
        iou_arena_alloc(b->plan->memory, sizeof(iou_plan_output) * (size_t)m->output_count);
    if (!b->plan->outputs) {
        return iou_plan_no_memory(b);
    }
    b->plan->complete = true;
    for (int i = 0; i < m->output_count; i++) {
        const int v = m->outputs[i];
        if (b->computed[i]) {
            continue;
        }
        const bool comes =
            b->ready[v] || (b->data_dependent[v] >= 0 && b->storages[v][IOU_PLAIN] >= 0);
        b->plan->complete = b->plan->complete && comes;
        if (comes) {
            IOU_TRY(bind_output(b, i));
        }
    }
    return IOU_OK;
}

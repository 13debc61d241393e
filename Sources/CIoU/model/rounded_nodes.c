#include "model/rounded_nodes.h"
#include <stdlib.h>

#include "ops/elementwise/round_trip.h"
#include "ops/facts.h"
#include "ops/integer_form.h"
#include "ops/quantize/quantization.h"

#include <string.h>

typedef struct rounding {
    iou_model *model;
    iou_node *nodes;
    int *instead;     /* of each value: the constant that it is; itself where it is none */
    int *dequantizer; /* of each value: the first node that made a constant of it; -1: none */
    int found;
    iou_error *error;
} rounding;

static iou_status no_memory(const rounding *r) {
    return iou_fail(r->error, IOU_OUT_OF_MEMORY, "no memory for the model");
}

static const iou_fact *fact_of(const rounding *r, const iou_node *node, int input) {
    const bool given = input < node->input_count && node->inputs[input] >= 0;
    return given ? &r->model->facts[node->inputs[input]] : NULL;
}

/* A constant in whose place nothing can be fed. */
static bool is_fixed(const rounding *r, const iou_node *node, int input) {
    const iou_fact *fact = fact_of(r, node, input);
    return fact == NULL || (fact->data != NULL && !r->model->values[node->inputs[input]].is_input);
}

static bool has_fixed_scale(const rounding *r, const iou_node *node, iou_quantizing quantizing) {
    return node->op != NULL && node->op->quantizing == quantizing && is_fixed(r, node, 1) &&
           is_fixed(r, node, 2);
}

/* ---- Values that are rounded --------------------------------------------------------------- */

/* Puts one function in the place of a node that dequantizes what has just been quantized. */
static iou_status round_value(rounding *r, int n, bool *rounded) {
    const iou_model *m = r->model;
    const iou_node *node = &m->nodes[n];
    const int producer = m->values[node->inputs[0]].producer;
    const iou_node *quantizer = producer < 0 ? NULL : &m->nodes[producer];
    *rounded = false;
    if (quantizer == NULL || !has_fixed_scale(r, quantizer, IOU_QUANTIZES) ||
        m->facts[quantizer->inputs[0]].type != IOU_FLOAT) {
        return IOU_OK;
    }
    const iou_quantized_operand to = iou_quantized_operand_of(quantizer);
    const iou_quantized_operand from = iou_quantized_operand_of(node);
    if (!iou_is_quantized_whole(m->facts, &to) || !iou_is_quantized_whole(m->facts, &from) ||
        !iou_is_quantized_alike(m->facts, &to, &from)) {
        return IOU_OK;
    }
    const int least = m->facts[to.value].type == IOU_UINT8 ? 0 : -128;
    iou_node *made = &r->nodes[n];
    made->op = &iou_op_round_trip;
    made->op_type = iou_op_round_trip.name;
    made->inputs = quantizer->inputs;
    made->input_count = 1;
    made->attributes =
        iou_round_trip_attributes(m->arena, iou_quantized_scale(m->facts, &to),
                                  (float)(least - iou_quantized_zero(m->facts, &to)));
    *rounded = true;
    r->found++;
    return made->attributes != NULL ? IOU_OK : no_memory(r);
}

/* ---- Constants ----------------------------------------------------------------------------- */

/* How the elements of a constant are grouped under scales. */
typedef struct scale_groups {
    size_t count, scales, inner;
} scale_groups;

/* Of a constant of bytes or int32 by one scale, or by one along the axis. */
static bool find_groups(const rounding *r, const iou_node *node, scale_groups *groups) {
    const iou_fact *x = fact_of(r, node, 0), *scale = fact_of(r, node, 1);
    const iou_quantize_attributes *a = node->attributes;
    const bool integers = x->type == IOU_INT8 || x->type == IOU_UINT8 || x->type == IOU_INT32;
    const int64_t axis = a->axis < 0 ? a->axis + x->rank : a->axis;
    if (!integers || a->block != 0 || scale->type != IOU_FLOAT ||
        !iou_fact_count(x, &groups->count) || !iou_fact_count(scale, &groups->scales)) {
        return false;
    }
    groups->inner = 1;
    if (groups->scales == 1) {
        return true;
    }
    for (int64_t i = axis + 1; i < x->rank; i++) {
        groups->inner *= (size_t)x->dims[i].value;
    }
    return axis >= 0 && axis < x->rank && scale->rank == 1 &&
           x->dims[axis].value == (int64_t)groups->scales;
}

/* The floats that a constant's integers stand for. */
static float *dequantized(const rounding *r, const iou_node *node, const scale_groups *groups) {
    const iou_fact *x = fact_of(r, node, 0), *scale = fact_of(r, node, 1);
    const iou_fact *zero = fact_of(r, node, 2);
    float *values = iou_arena_alloc(r->model->arena, groups->count * sizeof *values + 1);
    for (size_t i = 0; values != NULL && i < groups->count; i++) {
        const size_t k = i / groups->inner % groups->scales;
        const int64_t least = zero == NULL ? 0 : iou_read_int(zero->type, zero->data, k);
        values[i] = (float)(iou_read_int(x->type, x->data, i) - least) *
                    (float)iou_read_double(IOU_FLOAT, scale->data, k);
    }
    return values;
}

static int input_of(const iou_node *node, int input) {
    return input < node->input_count ? node->inputs[input] : IOU_NO_VALUE;
}

/* Whether two nodes dequantize a value alike; tools write one for each reader of the weights. */
static bool is_same(const iou_node *one, const iou_node *other) {
    const iou_quantize_attributes *a = one->attributes, *b = other->attributes;
    return input_of(one, 1) == input_of(other, 1) && input_of(one, 2) == input_of(other, 2) &&
           a->axis == b->axis && a->block == b->block && a->output == b->output;
}

static iou_status make_constant(rounding *r, int n) {
    iou_model *m = r->model;
    const iou_node *node = &m->nodes[n];
    const int first = r->dequantizer[node->inputs[0]];
    scale_groups groups;
    if (first >= 0 && is_same(node, &m->nodes[first])) {
        r->instead[node->outputs[0]] = r->instead[m->nodes[first].outputs[0]];
        return IOU_OK;
    }
    if (fact_of(r, node, 0)->data == NULL || !is_fixed(r, node, 0) ||
        !find_groups(r, node, &groups)) {
        return IOU_OK;
    }
    const int old = node->outputs[0], made = m->value_count;
    float *values = dequantized(r, node, &groups);
    if (values == NULL) {
        return no_memory(r);
    }
    m->values[made] = (iou_value){.name = m->values[old].name, .producer = -1, .is_constant = true};
    m->facts[made] = m->facts[old];
    m->facts[made].data = values;
    m->facts[made].data_size = groups.count * sizeof *values;
    m->value_count++;
    r->instead[old] = made;
    r->dequantizer[node->inputs[0]] = n;
    r->found++;
    return IOU_OK;
}

/* Lets a node read constants in place of what was dequantized. */
static iou_status map_inputs(rounding *r, iou_node *node) {
    bool any = false;
    for (int i = 0; i < node->input_count; i++) {
        any = any || (node->inputs[i] >= 0 && r->instead[node->inputs[i]] != node->inputs[i]);
    }
    if (!any) {
        return IOU_OK;
    }
    int *inputs = iou_arena_alloc(r->model->arena, sizeof *inputs * (size_t)node->input_count);
    if (inputs == NULL) {
        return no_memory(r);
    }
    for (int i = 0; i < node->input_count; i++) {
        inputs[i] = node->inputs[i] >= 0 ? r->instead[node->inputs[i]] : node->inputs[i];
    }
    node->inputs = inputs;
    return IOU_OK;
}

/* ---- All ----------------------------------------------------------------------------------- */

/* Room for a constant more of each node. */
static bool reserve(rounding *r) {
    iou_model *m = r->model;
    const size_t values = (size_t)m->value_count + (size_t)m->node_count;
    iou_value *more = iou_arena_alloc(m->arena, sizeof *more * (values + 1));
    iou_fact *facts = iou_arena_alloc(m->arena, sizeof *facts * (values + 1));
    r->nodes = iou_arena_alloc(m->arena, sizeof *r->nodes * ((size_t)m->node_count + 1));
    r->instead = iou_arena_alloc(m->arena, sizeof *r->instead * (values + 1));
    r->dequantizer = iou_arena_alloc(m->arena, sizeof *r->dequantizer * (values + 1));
    if (more == NULL || facts == NULL || r->nodes == NULL || r->instead == NULL ||
        r->dequantizer == NULL) {
        return false;
    }
    memcpy(more, m->values, sizeof *more * (size_t)m->value_count);
    memcpy(facts, m->facts, sizeof *facts * (size_t)m->value_count);
    memcpy(r->nodes, m->nodes, sizeof *r->nodes * (size_t)m->node_count);
    for (size_t v = 0; v < values; v++) {
        r->instead[v] = (int)v;
        r->dequantizer[v] = -1;
    }
    m->values = more;
    m->facts = facts;
    return true;
}

static bool has_quantizers(const iou_model *model) {
    bool any = false;
    for (int n = 0; n < model->node_count; n++) {
        const iou_op *op = model->nodes[n].op;
        any = any || (op != NULL && op->quantizing == IOU_QUANTIZES);
    }
    return any;
}

iou_status iou_model_find_rounded_nodes(iou_model *model, iou_error *error) {
    iou_isa isa;
    rounding r = {.model = model, .error = error};
    IOU_TRY(iou_cpu_select(NULL, &isa, error));
    if (getenv("IOU_X_INT") || iou_isa_has(isa, IOU_ISA_VNNI) || !model->runnable || !has_quantizers(model)) {
        return IOU_OK;
    }
    if (!reserve(&r)) {
        return no_memory(&r);
    }
    for (int n = 0; n < model->node_count; n++) {
        bool rounded = false;
        IOU_TRY(map_inputs(&r, &r.nodes[n]));
        const iou_node *node = &model->nodes[n];
        if (has_fixed_scale(&r, node, IOU_DEQUANTIZES) &&
            model->facts[node->outputs[0]].type == IOU_FLOAT) {
            IOU_TRY(round_value(&r, n, &rounded));
            IOU_TRY(rounded ? IOU_OK : make_constant(&r, n));
        }
    }
    model->rounded_nodes = r.found > 0 ? r.nodes : NULL;
    return IOU_OK;
}

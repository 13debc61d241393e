#include "ops/integer_form.h"

#include "ops/facts.h"
#include "ops/quantize/quantization.h"

#include <math.h>
#include <string.h>

iou_quantized_operand iou_quantized_operand_of(const iou_node *node) {
    const int value = node->op->quantizing == IOU_DEQUANTIZES ? node->inputs[0] : node->outputs[0];
    return (iou_quantized_operand){value, node->inputs[1],
                                   node->input_count > 2 ? node->inputs[2] : IOU_NO_VALUE};
}

static bool is_one_constant(const iou_fact *fact, iou_type type) {
    size_t count;
    return fact->type == type && fact->data != NULL && fact->rank <= 1 &&
           iou_fact_count(fact, &count) && count == 1;
}

bool iou_is_quantized_whole(const iou_fact *facts, const iou_quantized_operand *operand) {
    const iou_type type = facts[operand->value].type;
    const bool byte = type == IOU_UINT8 || type == IOU_INT8;
    return byte && is_one_constant(&facts[operand->scale], IOU_FLOAT) &&
           iou_quantized_scale(facts, operand) > 0 &&
           iou_quantized_scale(facts, operand) < INFINITY &&
           (operand->zero < 0 || is_one_constant(&facts[operand->zero], type));
}

float iou_quantized_scale(const iou_fact *facts, const iou_quantized_operand *operand) {
    return (float)iou_read_double(IOU_FLOAT, facts[operand->scale].data, 0);
}

int32_t iou_quantized_zero(const iou_fact *facts, const iou_quantized_operand *operand) {
    return operand->zero < 0
               ? 0
               : (int32_t)iou_read_int(facts[operand->zero].type, facts[operand->zero].data, 0);
}

bool iou_is_quantized_alike(const iou_fact *facts, const iou_quantized_operand *one,
                            const iou_quantized_operand *other) {
    return facts[one->value].type == facts[other->value].type &&
           iou_quantized_scale(facts, one) == iou_quantized_scale(facts, other) &&
           iou_quantized_zero(facts, one) == iou_quantized_zero(facts, other);
}

iou_status iou_integer_form_make(const iou_integer_query *query, const iou_op *op,
                                 const int *inputs, int count, const void *attributes,
                                 iou_node *made) {
    int *copy = iou_arena_alloc(query->memory, sizeof *copy * (size_t)(count + 1));
    IOU_FAIL_IF(copy == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    memcpy(copy, inputs, sizeof *copy * (size_t)count);
    *made = *query->node;
    made->op = op;
    made->op_type = op->name;
    made->inputs = copy;
    made->input_count = count;
    made->attributes = attributes;
    if (query->quantizer != NULL) {
        made->outputs = query->quantizer->outputs;
        made->output_count = 1;
    }
    return IOU_OK;
}

bool iou_is_quantized_along(const iou_fact *facts, const iou_node *dequantizer, int axis) {
    const iou_quantized_operand w = iou_quantized_operand_of(dequantizer);
    const iou_quantize_attributes *a = dequantizer->attributes;
    const iou_fact *weights = &facts[w.value], *scale = &facts[w.scale];
    const iou_fact *zero = w.zero < 0 ? NULL : &facts[w.zero];
    size_t scales, zeros = 0, lines;
    const bool bytes = weights->type == IOU_INT8 || weights->type == IOU_UINT8;
    if (!bytes || weights->data == NULL || weights->rank <= axis || scale->type != IOU_FLOAT ||
        scale->data == NULL || !iou_fact_count(scale, &scales) ||
        (zero != NULL && (zero->data == NULL || !iou_fact_count(zero, &zeros)))) {
        return false;
    }
    lines = (size_t)weights->dims[axis].value;
    const bool on_axis = a->axis == axis || a->axis == axis - weights->rank;
    const bool along = scale->rank == 1 && on_axis && a->block == 0 && scales == lines;
    return (scales == 1 && zeros <= 1) || (along && (zero == NULL || zeros == lines));
}

/** Whether a bias was quantized by the product of both scales, so that sums may have it added. */
static bool is_sum_of_products(const iou_integer_query *query) {
    const iou_fact *facts = query->facts;
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand w = iou_quantized_operand_of(query->dequantizers[1]);
    const iou_quantized_operand b = iou_quantized_operand_of(query->dequantizers[2]);
    size_t count, weights, biases;
    bool fits = facts[b.value].type == IOU_INT32 && facts[b.value].data != NULL &&
                facts[b.scale].type == IOU_FLOAT && facts[b.scale].data != NULL &&
                iou_fact_count(&facts[b.value], &count) &&
                iou_fact_count(&facts[w.scale], &weights) &&
                iou_fact_count(&facts[b.scale], &biases) && (biases == 1 || biases == count) &&
                (weights == 1 || weights == count);
    for (size_t i = 0; fits && i < count; i++) {
        const double expected =
            (double)iou_quantized_scale(facts, &x) *
            iou_read_double(IOU_FLOAT, facts[w.scale].data, weights == 1 ? 0 : i);
        const double found = iou_read_double(IOU_FLOAT, facts[b.scale].data, biases == 1 ? 0 : i);
        fits = fabs(found - expected) <= 1e-6 * expected;
    }
    size_t zeros;
    const iou_fact *zero = b.zero < 0 ? NULL : &facts[b.zero];
    fits = fits && (zero == NULL || (zero->data != NULL && iou_fact_count(zero, &zeros)));
    for (size_t i = 0; fits && zero != NULL && i < zeros; i++) {
        fits = iou_read_int(zero->type, zero->data, i) == 0;
    }
    return fits;
}

bool iou_integer_form_bias(const iou_integer_query *query, int *value) {
    const iou_node *node = query->node;
    *value = node->input_count > 2 ? node->inputs[2] : IOU_NO_VALUE;
    if (*value < 0) {
        return true;
    }
    if (query->dequantizers[2] != NULL && is_sum_of_products(query)) {
        *value = query->dequantizers[2]->inputs[0];
        return true;
    }
    return query->facts[*value].type == IOU_FLOAT;
}

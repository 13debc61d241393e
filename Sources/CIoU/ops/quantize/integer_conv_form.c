/* The integer form of Conv: which nodes have one, and what it is. */
#include "ops/integer_form.h"
#include "ops/quantize/integer_conv.h"
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

#include <math.h>

/** Whether weights are constant bytes of one scale, or one for each filter. */
static bool has_whole_weights(const iou_fact *facts, const iou_node *dequantizer) {
    const iou_quantized_operand w = iou_quantized_operand_of(dequantizer);
    const iou_quantize_attributes *a = dequantizer->attributes;
    const iou_fact *weights = &facts[w.value], *scale = &facts[w.scale];
    const iou_fact *zero = w.zero < 0 ? NULL : &facts[w.zero];
    size_t scales, zeros = 0, filters;
    const bool bytes = weights->type == IOU_INT8 || weights->type == IOU_UINT8;
    if (!bytes || weights->data == NULL || weights->rank < 3 || scale->type != IOU_FLOAT ||
        scale->data == NULL || !iou_fact_count(scale, &scales) ||
        (zero != NULL && (zero->data == NULL || !iou_fact_count(zero, &zeros)))) {
        return false;
    }
    filters = (size_t)weights->dims[0].value;
    const bool first = a->axis == 0 || a->axis == -weights->rank;
    const bool along = scale->rank == 1 && first && a->block == 0 && scales == filters;
    return (scales == 1 && zeros <= 1) || (along && (zero == NULL || zeros == filters));
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

/** The value that the form adds: int32 sums, or floats; false where it is neither. */
static bool find_bias(const iou_integer_query *query, int *value) {
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

iou_status iou_conv_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const iou_quantized_operand none = {IOU_NO_VALUE, IOU_NO_VALUE, IOU_NO_VALUE};
    const iou_quantized_operand y =
        query->quantizer == NULL ? none : iou_quantized_operand_of(query->quantizer);
    int bias;
    *accepted = query->dequantizers[0] != NULL && query->dequantizers[1] != NULL &&
                has_whole_weights(query->facts, query->dequantizers[1]) &&
                (query->quantizer == NULL || iou_is_quantized_whole(query->facts, &y));
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand w = iou_quantized_operand_of(query->dequantizers[1]);
    *accepted = iou_is_quantized_whole(query->facts, &x) && find_bias(query, &bias);
    if (!*accepted) {
        return IOU_OK;
    }
    iou_integer_conv_attributes *a = iou_arena_alloc(query->memory, sizeof *a);
    IOU_FAIL_IF(a == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    a->conv = *(const iou_conv_attributes *)query->node->attributes;
    a->lo = query->lo;
    a->hi = query->hi;
    const int inputs[] = {x.value, x.scale, x.zero, w.value, w.scale,
                          w.zero,  y.scale, y.zero, bias};
    return iou_integer_form_make(query, &iou_op_integer_conv, inputs, bias < 0 ? 8 : 9, a, made);
}

#include "ops/facts.h"
#include "ops/integer_form.h"
#include "ops/quantize/integer_matmul.h"

/** Whether the right matrix has one scale, or, of constants, one for each column. */
static bool has_columns(const iou_integer_query *query, bool transposed) {
    const iou_quantized_operand right = iou_quantized_operand_of(query->dequantizers[1]);
    const iou_fact *fact = &query->facts[right.value];
    const int axis = transposed ? 0 : fact->rank - 1;
    return iou_is_quantized_whole(query->facts, &right) ||
           (fact->rank == 2 && iou_is_quantized_along(query->facts, query->dequantizers[1], axis));
}

/** Whether what is added has a number for each column, and that alone. */
static bool is_of_columns(const iou_integer_query *query, int bias, bool transposed) {
    const iou_fact *right = &query->facts[query->node->inputs[1]], *sums = &query->facts[bias];
    size_t count;
    if (right->rank != 2 || sums->rank < 1 || sums->type != IOU_INT32 ||
        !iou_fact_count(sums, &count)) {
        return false;
    }
    const iou_dim columns = right->dims[transposed ? 0 : 1];
    const iou_dim last = sums->dims[sums->rank - 1];
    return columns.known && last.known && last.value == columns.value &&
           count == (size_t)columns.value;
}

iou_status iou_product_integer_form(const iou_integer_query *query, bool transposed, iou_node *made,
                                    bool *accepted) {
    int bias;
    *accepted = query->quantizer != NULL && query->dequantizers[0] != NULL &&
                query->dequantizers[1] != NULL && iou_integer_form_bias(query, &bias) &&
                (bias < 0 || is_of_columns(query, bias, transposed)) &&
                has_columns(query, transposed);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand a = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand b = iou_quantized_operand_of(query->dequantizers[1]);
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    *accepted = iou_is_quantized_whole(query->facts, &a) && query->facts[a.value].rank > 0 &&
                query->facts[b.value].rank > 1 && iou_is_quantized_whole(query->facts, &y);
    if (!*accepted) {
        return IOU_OK;
    }
    iou_integer_matmul_attributes *attributes = iou_arena_alloc(query->memory, sizeof *attributes);
    IOU_FAIL_IF(attributes == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    *attributes = (iou_integer_matmul_attributes){transposed, query->lo, query->hi};
    const int inputs[] = {a.value, a.scale, a.zero, b.value, b.scale,
                          b.zero,  y.scale, y.zero, bias};
    return iou_integer_form_make(query, &iou_op_integer_matmul, inputs, bias < 0 ? 8 : 9,
                                 attributes, made);
}

iou_status iou_matmul_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    return iou_product_integer_form(query, false, made, accepted);
}

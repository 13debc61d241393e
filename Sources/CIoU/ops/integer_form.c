#include "ops/integer_form.h"

#include "ops/facts.h"

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

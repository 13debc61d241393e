/* The integer form of Conv: which nodes have one, and what it is. */
#include "ops/integer_form.h"
#include "ops/quantize/integer_conv.h"
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/quantization.h"

iou_status iou_conv_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const iou_quantized_operand none = {IOU_NO_VALUE, IOU_NO_VALUE, IOU_NO_VALUE};
    const iou_quantized_operand y =
        query->quantizer == NULL ? none : iou_quantized_operand_of(query->quantizer);
    int bias;
    *accepted = query->dequantizers[0] != NULL && query->dequantizers[1] != NULL &&
                query->facts[query->node->inputs[1]].rank > 2 &&
                iou_is_quantized_along(query->facts, query->dequantizers[1], 0) &&
                (query->quantizer == NULL || iou_is_quantized_whole(query->facts, &y));
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand w = iou_quantized_operand_of(query->dequantizers[1]);
    *accepted = iou_is_quantized_whole(query->facts, &x) && iou_integer_form_bias(query, &bias);
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

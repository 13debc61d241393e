/*
 * What becomes of the int32 sums of integer products: they are the output, or are multiplied by
 * scales of the operands and the output and quantized again.
 */
#ifndef IOU_RESCALE_H
#define IOU_RESCALE_H

#include "ops/op.h"

/** Where an operator with quantized operands has them: numbers of inputs; -1: it has none. */
typedef struct iou_quantized_inputs {
    int left, left_scale, left_zero;
    int right, right_scale, right_zero;
    int out_scale, out_zero, bias;
} iou_quantized_inputs;

enum { IOU_QUANTIZED_INPUTS = 9 /* at most */ };

/** Those of QLinearConv and QLinearMatMul, and of ConvInteger and MatMulInteger. */
extern const iou_quantized_inputs iou_quantized_linear, iou_quantized_integer;

/** Types of all inputs of an operator on bytes, and the output's; `scales`: one of these. */
iou_status iou_quantized_check_types(const iou_infer *infer, const iou_quantized_inputs *inputs,
                                     const iou_type *scales);

/** Checks that input `input` has one element, or, if `columns` is not NULL, one for each of them.
 */
iou_status iou_quantized_check_count(const iou_infer *infer, int input, const iou_dim *columns);

/** A float32, float16 or bfloat16 scale of the call. */
typedef struct iou_rescale_input {
    int input;
    iou_type type;
} iou_rescale_input;

/** Reads scale `index` and checks it. */
iou_status iou_rescale_read(const iou_call *call, iou_rescale_input scale, size_t index,
                            float *value);

#endif

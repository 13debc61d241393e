#include "ops/quantize/rescale.h"

#include "ops/quantize/quantization.h"

#include <string.h>

const iou_quantized_inputs iou_quantized_linear = {.left = 0,
                                                   .left_scale = 1,
                                                   .left_zero = 2,
                                                   .right = 3,
                                                   .right_scale = 4,
                                                   .right_zero = 5,
                                                   .out_scale = 6,
                                                   .out_zero = 7,
                                                   .bias = 8};
const iou_quantized_inputs iou_quantized_integer = {.left = 0,
                                                    .left_scale = -1,
                                                    .left_zero = 2,
                                                    .right = 1,
                                                    .right_scale = -1,
                                                    .right_zero = 3,
                                                    .out_scale = -1,
                                                    .out_zero = -1,
                                                    .bias = -1};

static const iou_fact *fact_at(const iou_infer *infer, int input) {
    return input < 0 ? NULL : iou_fact_in(infer, input);
}

/** A zero point has the type of what it belongs to. */
static iou_status check_zero(const iou_infer *infer, int value, int zero) {
    const iou_fact *found = fact_at(infer, zero);
    const iou_type same[] = {infer->in[value]->type, IOU_TYPE_UNDEFINED};
    return found == NULL
               ? IOU_OK
               : iou_infer_type(infer, zero, same[0] == IOU_TYPE_UNDEFINED ? iou_types_byte : same);
}

iou_status iou_quantized_check_types(const iou_infer *infer, const iou_quantized_inputs *inputs,
                                     const iou_type *scales) {
    IOU_TRY(iou_infer_type(infer, inputs->left, iou_types_byte));
    IOU_TRY(iou_infer_type(infer, inputs->right, iou_types_byte));
    IOU_TRY(check_zero(infer, inputs->left, inputs->left_zero));
    IOU_TRY(check_zero(infer, inputs->right, inputs->right_zero));
    infer->out[0].type = IOU_INT32;
    if (inputs->out_scale < 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, inputs->left_scale, scales));
    const iou_type same[] = {infer->in[inputs->left_scale]->type, IOU_TYPE_UNDEFINED};
    const iou_type *others = same[0] == IOU_TYPE_UNDEFINED ? scales : same;
    IOU_TRY(iou_infer_type(infer, inputs->right_scale, others));
    IOU_TRY(iou_infer_type(infer, inputs->out_scale, others));
    IOU_TRY(iou_infer_type(infer, inputs->out_zero, iou_types_byte));
    infer->out[0].type = infer->in[inputs->out_zero]->type;
    return fact_at(infer, inputs->bias) == NULL
               ? IOU_OK
               : iou_infer_type(infer, inputs->bias, iou_types_i32);
}

iou_status iou_quantized_check_count(const iou_infer *infer, int input, const iou_dim *columns) {
    const iou_fact *found = fact_at(infer, input);
    size_t count;
    if (found == NULL || found->rank < 0 || !iou_fact_count(found, &count) || count == 1) {
        return IOU_OK;
    }
    if (columns == NULL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d: expected one number, found %zu",
                              input, count);
    }
    return iou_fact_check_dims(infer, input, 1, columns);
}

iou_status iou_rescale_read(const iou_call *call, iou_rescale_input scale, size_t index,
                            float *value) {
    if (scale.type == IOU_FLOAT) { /* of a file perhaps, at any address */
        memcpy(value, (const char *)call->in[scale.input] + index * sizeof *value, sizeof *value);
    } else {
        *value = (float)iou_quantized_read(scale.type, call->in[scale.input], index);
    }
    return iou_scale_check((double)*value, scale.input, index, call->error);
}

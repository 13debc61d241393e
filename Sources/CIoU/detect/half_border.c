#include "detect/half_border.h"

#include "core/convert.h"

#include <string.h>

enum { MOST_INPUTS = 4 };

iou_type iou_half_border_type(iou_type type) {
    return iou_is_half_float(type) ? IOU_FLOAT : type;
}

static iou_status narrow_input(const iou_half_border *border, iou_tensor *tensor,
                               iou_error *error) {
    const size_t count = tensor->size / sizeof(float);
    IOU_TRY(iou_buffer_grow(border->input, count * sizeof(uint16_t), error));
    iou_convert(IOU_FLOAT, tensor->data, border->type, border->input->data, count,
                (iou_rounding){0});
    tensor->type = border->type;
    tensor->data = border->input->data;
    tensor->size = count * sizeof(uint16_t);
    return IOU_OK;
}

static iou_status widen_outputs(const iou_half_border *border, iou_tensor *outputs, size_t count,
                                iou_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += iou_is_half_float(outputs[i].type) ? outputs[i].size / sizeof(uint16_t) : 0;
    }
    IOU_TRY(iou_buffer_grow(border->outputs, total * sizeof(float), error));
    float *to = border->outputs->data;
    for (size_t i = 0; i < count; i++) {
        if (iou_is_half_float(outputs[i].type)) {
            const size_t elements = outputs[i].size / sizeof(uint16_t);
            iou_convert(outputs[i].type, outputs[i].data, IOU_FLOAT, to, elements,
                        (iou_rounding){0});
            outputs[i].type = IOU_FLOAT;
            outputs[i].data = to;
            outputs[i].size = elements * sizeof(float);
            to += elements;
        }
    }
    return IOU_OK;
}

iou_status iou_half_border_run(const iou_half_border *border, const iou_tensor *inputs,
                               size_t input_count, iou_tensor *outputs, size_t output_count,
                               const iou_run_options *options, iou_error *error) {
    iou_tensor given[MOST_INPUTS];
    IOU_FAIL_IF(input_count > MOST_INPUTS, IOU_INVALID_ARGUMENT, error,
                "detector: expected at most %d inputs, found %zu", MOST_INPUTS, input_count);
    for (size_t i = 0; i < input_count; i++) {
        given[i] = inputs[i];
        if (border->name && strcmp(inputs[i].name, border->name) == 0) {
            IOU_TRY(narrow_input(border, &given[i], error));
        }
    }
    IOU_TRY(iou_session_run(border->session, given, input_count, outputs, output_count, options,
                            error));
    return widen_outputs(border, outputs, output_count, error);
}

/* A task of a depthwise convolution: some pixels by some channels. */
#include "ops/conv/conv.h"

/* Bias and weights; packed now when they are no constants. */
static const float *depthwise_weights(const iou_conv_plan *plan, const iou_call *call) {
    if (plan->packed != NULL) {
        return plan->packed;
    }
    iou_conv_source source = plan->source;
    source.weights = call->in[plan->weight_input];
    source.bias = plan->bias_input >= 0 ? call->in[plan->bias_input] : NULL;
    float *packed = (float *)(void *)((char *)call->scratch + plan->packed_at);
    iou_conv_pack_depthwise(plan, &source, packed);
    return packed;
}

iou_status iou_conv_run_depthwise(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const size_t channels = (size_t)plan->shape.out_channels;
    const iou_conv_task task = iou_conv_locate(plan, task_index);
    const float *packed = depthwise_weights(plan, call);
    const size_t first = task.panel * IOU_DEPTHWISE_PANEL, left = channels - first;
    const size_t most = task.panels * IOU_DEPTHWISE_PANEL;
    const iou_depthwise_tile tile = {
        .a = iou_conv_rows(plan, call, &task),
        .a_stride = task.rows,
        .offset = first,
        .rows = task.rows,
        .taps = plan->taps,
        .channels = left < most ? left : most,
        .weights = packed + channels,
        .weight_stride = channels,
        .bias = packed,
        .c = (float *)call->out[0] + task.row * channels,
        .c_stride = channels,
        .residual = iou_conv_residual_rows(plan, call, &task),
        .lo = plan->lo,
        .hi = plan->hi,
    };
    plan->kernels.depthwise(&tile);
    if (plan->activation == IOU_ACT_SIGMOID) {
        for (size_t row = 0; row < task.rows; row++) {
            plan->kernels.gemm->sigmoid(tile.c + row * channels + first, tile.channels);
        }
    }
    return IOU_OK;
}

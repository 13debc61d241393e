/* Zeros around a map that the convolution behind them adds as it reads it. */
#include "plan/fuse.h"

static bool runs_now(const iou_fuse_request *request, int node) {
    return node >= 0 && request->phases[node] == IOU_NOW;
}

iou_status iou_find_padded(const iou_fuse_request *request, iou_padded **padded, iou_error *error) {
    const iou_model *model = request->model;
    for (int n = 0; n < model->node_count; n++) {
        const iou_node *reader = &model->nodes[n];
        const int value = reader->input_count > 0 ? reader->inputs[0] : IOU_NO_VALUE;
        const int producer = value >= 0 ? model->values[value].producer : IOU_NO_VALUE;
        if (!runs_now(request, n) || !runs_now(request, producer) || request->uses[value] != 1 ||
            reader->op->adds_zeros == NULL || !reader->op->adds_zeros(reader, request->facts)) {
            continue;
        }
        const iou_node *pad = &model->nodes[producer];
        iou_padded found = {.source = pad->input_count > 0 ? pad->inputs[0] : IOU_NO_VALUE};
        if (pad->op->pads == NULL || !pad->op->pads(pad, request->facts, found.before)) {
            continue;
        }
        padded[value] = iou_arena_alloc(request->memory, sizeof found);
        IOU_FAIL_IF(!padded[value], IOU_OUT_OF_MEMORY, error, "no memory for the plan");
        *padded[value] = found;
    }
    return IOU_OK;
}

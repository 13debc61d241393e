#include "detect/network_inputs.h"

#include "core/memory.h"
#include "detect/graph_detections.h"
#include "iou/inputs.h"

static iou_tensor input_tensor(const iou_detector *detector, const iou_network_size *network) {
    const size_t plane = (size_t)network->height * (size_t)network->width;
    const bool last = detector->params.input.channels_last;
    const int64_t dims[4] = {network->batch, last ? network->height : 3,
                             last ? network->width : network->height, last ? 3 : network->width};
    const int skipped = 4 - detector->input_rank; /* the batch, of a model that has none */
    return (iou_tensor){
        .name = detector->params.input.name,
        .type = IOU_FLOAT,
        .rank = detector->input_rank,
        .dims = {dims[skipped], dims[skipped + 1], dims[skipped + 2], skipped ? 0 : dims[3]},
        .data = detector->input.data,
        .size = (size_t)network->batch * 3 * plane * sizeof(float),
    };
}

iou_status iou_network_input_fill(iou_detector *detector, iou_input_batch *batch, iou_tensor *input,
                                  iou_error *error) {
    const iou_input_rule *rule = &detector->params.input;
    for (size_t i = 0; i < batch->count; i++) {
        const iou_status status = iou_letterbox_place(&batch->letterboxes[i], &detector->params,
                                                      &batch->pictures[i], error);
        if (status != IOU_OK) {
            return iou_fail_context(error, status, "picture %zu", batch->first + i);
        }
    }
    IOU_TRY(iou_network_size_fit(&batch->network, rule, batch->letterboxes, batch->count, error));
    const iou_network_size *network = &batch->network;
    const size_t plane = (size_t)network->height * (size_t)network->width; /* sides are limited */
    IOU_FAIL_IF((uint64_t)network->batch > SIZE_MAX / 3 / plane, IOU_LIMIT, error,
                "detector: a batch of %lld inputs is too large", (long long)network->batch);
    IOU_TRY(iou_buffer_reserve(&detector->input, (size_t)network->batch * 3 * plane, sizeof(float),
                               error));
    const iou_picture *pictures = NULL;
    IOU_TRY(iou_pixels_to_rgb(&pictures, batch->pictures, batch->count, &detector->pixels,
                              detector->workers, error));
    *input = input_tensor(detector, network);
    return iou_preprocess(detector->input.data, network, rule, pictures, batch->letterboxes,
                          batch->count, &detector->preprocess, detector->workers, error);
}

/* ---- For tools ------------------------------------------------------------------------------ */

static iou_status fill_inputs(iou_detector *detector, const iou_picture *pictures, size_t count,
                              iou_tensor inputs[IOU_NETWORK_INPUTS], size_t *input_count,
                              iou_error *error) {
    const size_t rows = detector->fixed[0] > 0 ? (size_t)detector->fixed[0] : count;
    IOU_FAIL_IF(count > rows, IOU_INVALID_ARGUMENT, error,
                "detector: expected at most %zu pictures, the model's batch, found %zu", rows,
                count);
    detector->last.count = 0; /* its letterboxes go */
    IOU_TRY(iou_buffer_reserve(&detector->letterboxes, rows, sizeof(iou_letterbox), error));
    iou_input_batch batch = {
        .pictures = pictures,
        .count = count,
        .network = {(int64_t)rows, detector->fixed[1], detector->fixed[2]},
        .letterboxes = detector->letterboxes.data,
    };
    *input_count = 1;
    IOU_TRY(iou_network_input_fill(detector, &batch, &inputs[0], error));
    if (detector->params.graph.count == 0) {
        return IOU_OK;
    }
    *input_count = IOU_NETWORK_INPUTS;
    return iou_graph_inputs_fill(&detector->params, &inputs[0], batch.letterboxes, count,
                                 &detector->sizes_and_scales, &inputs[1], error);
}

iou_status iou_detector_inputs(iou_detector *detector, const iou_picture *pictures, size_t count,
                               iou_tensor inputs[IOU_NETWORK_INPUTS], size_t *input_count,
                               iou_error *error) {
    IOU_TRY(iou_handle_check(detector, IOU_HANDLE_DETECTOR, error));
    IOU_FAIL_IF(!pictures || count == 0, IOU_INVALID_ARGUMENT, error,
                "detector: expected pictures, found none");
    IOU_TRY(iou_handle_enter(detector, IOU_HANDLE_DETECTOR, error));
    const iou_allocator *before = iou_memory_enter(&detector->handle.allocator);
    const iou_status status = fill_inputs(detector, pictures, count, inputs, input_count, error);
    iou_memory_leave(before);
    iou_handle_leave(detector);
    return status;
}

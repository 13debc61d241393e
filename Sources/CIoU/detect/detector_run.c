/* From pictures to detections. */
#include "core/memory.h"
#include "detect/detect_overrides.h"
#include "detect/detector.h"
#include "detect/graph_detections.h"
#include "detect/network_inputs.h"

/* One part of a call: as many pictures as the model takes at a time. */
typedef struct detect_batch {
    iou_input_batch in;
    iou_detection *out;
    size_t capacity;
    size_t *counts;
} detect_batch;

static iou_status run_network(iou_detector *detector, const iou_tensor *input,
                              const iou_network_size *network, const iou_run_options *options,
                              iou_error *error) {
    iou_last_run *last = &detector->last;
    last->output_count = iou_network_outputs_name(last->outputs, &detector->params);
    IOU_TRY(iou_half_border_run(&detector->border, input, 1, last->outputs, last->output_count,
                                options, error));
    last->heads.batch = network->batch;
    last->heads.height = network->height;
    last->heads.width = network->width;
    last->heads.isa = detector->isa;
    return iou_network_outputs_take(&last->heads, last->outputs, &detector->params, &detector->rows,
                                    error);
}

static iou_status run_batch(iou_detector *detector, detect_batch *batch,
                            const iou_detect_settings *settings, const iou_run_options *options,
                            iou_error *error) {
    const iou_heads *heads = &detector->last.heads;
    iou_input_batch *in = &batch->in;
    iou_tensor input;
    IOU_TRY(iou_network_input_fill(detector, in, &input, error));
    if (detector->params.graph.count > 0) {
        const iou_graph_batch graph = {
            .images = input,
            .letterboxes = in->letterboxes,
            .count = in->count,
            .limit = settings->max_detections,
            .out = batch->out,
            .capacity = batch->capacity,
            .counts = batch->counts,
        };
        return iou_graph_detections_run(&detector->border, &detector->params, &graph,
                                        &detector->sizes_and_scales, options, error);
    }
    IOU_TRY(run_network(detector, &input, &in->network, options, error));
    for (size_t i = 0; i < in->count; i++) {
        IOU_TRY(iou_heads_detect(heads, i, &detector->params, settings, &in->letterboxes[i],
                                 &detector->heads, detector->workers,
                                 batch->out + i * batch->capacity, &batch->counts[i], error));
    }
    return IOU_OK;
}

/* A call's arguments. */
typedef struct detect_call {
    const iou_picture *pictures;
    size_t count;
    iou_detect_options options;
    iou_detection *out;
    size_t capacity;
    size_t *counts;
} detect_call;

static iou_status run_call(iou_detector *detector, const detect_call *call, iou_error *error) {
    const size_t count = call->count, capacity = call->capacity;
    iou_detect_settings settings;
    detector->last.count = 0;
    IOU_TRY(iou_detect_overrides_apply(&settings, &detector->params, &call->options, error));
    IOU_FAIL_IF(capacity < (size_t)settings.max_detections, IOU_BUFFER_TOO_SMALL, error,
                "detector: expected room for %d detections, found %zu",
                (int)settings.max_detections, capacity);
    const size_t part = detector->fixed[0] > 0 ? (size_t)detector->fixed[0] : count;
    IOU_TRY(iou_buffer_reserve(&detector->letterboxes, part, sizeof(iou_letterbox), error));
    for (size_t done = 0; done < count; done += part) {
        detect_batch batch = {
            .in = {.pictures = call->pictures + done,
                   .first = done,
                   .count = count - done < part ? count - done : part,
                   .network = {(int64_t)part, detector->fixed[1], detector->fixed[2]},
                   .letterboxes = detector->letterboxes.data},
            .out = call->out + done * capacity,
            .capacity = capacity,
            .counts = call->counts + done,
        };
        IOU_TRY(run_batch(detector, &batch, &settings, call->options.run, error));
        detector->last.seen = batch.in.count;
    }
    detector->last.count = count;
    return IOU_OK;
}

iou_status iou_detector_run(iou_detector *detector, const iou_picture *pictures, size_t count,
                            const iou_detect_options *options, iou_detection *out, size_t capacity,
                            size_t *counts, iou_error *error) {
    IOU_TRY(iou_handle_check(detector, IOU_HANDLE_DETECTOR, error));
    IOU_FAIL_IF(count > 0 && (!pictures || !out || !counts), IOU_INVALID_ARGUMENT, error,
                "detector: pictures, out or counts is null");
    detect_call call = {pictures, count, {0}, out, capacity, counts};
    IOU_TRY(iou_detect_options_take(&call.options, options, error));
    IOU_TRY(iou_handle_enter(detector, IOU_HANDLE_DETECTOR, error));
    const iou_allocator *before = iou_memory_enter(&detector->handle.allocator);
    const iou_status status = run_call(detector, &call, error);
    iou_memory_leave(before);
    iou_handle_leave(detector);
    return status;
}

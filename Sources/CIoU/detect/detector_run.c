/* From pictures to detections. */
#include "core/memory.h"
#include "detect/detect_overrides.h"
#include "detect/detector.h"
#include "detect/graph_detections.h"
#include "detect/network_inputs.h"

enum { MAP_KINDS = 4 };
_Static_assert((int)IOU_ROW_OUTPUTS <= MAP_KINDS * (int)IOU_MAX_LEVELS, "there is room for rows");

/* One part of a call: as many pictures as the model takes at a time. */
typedef struct detect_batch {
    iou_input_batch in;
    iou_detection *out;
    size_t capacity;
    size_t *counts;
} detect_batch;

/* Requests rows, or the class, box, IoU and objectness maps, those that there are; returns their
 * number. */
static size_t name_outputs(iou_tensor *outputs, const iou_detector_params *params) {
    const iou_rows_rule *rows = &params->rows;
    for (size_t i = 0; i < rows->output_count; i++) {
        outputs[i] = (iou_tensor){.name = rows->names[i]};
    }
    if (iou_rows_are_listed(rows)) {
        return rows->output_count;
    }
    const char **const groups[MAP_KINDS] = {params->cls_names, params->box_names, params->iou_names,
                                            params->objectness_names};
    size_t count = 0;
    for (size_t g = 0; g < MAP_KINDS; g++) {
        for (size_t i = 0; groups[g] && i < params->level_count; i++) {
            outputs[count++] = (iou_tensor){.name = groups[g][i]};
        }
    }
    return count;
}

static iou_status check_map(const iou_tensor *map, const iou_detector_params *params,
                            const int64_t sizes[3], size_t channels, iou_error *error) {
    const int64_t expected[4] = {sizes[0], params->channels_last ? sizes[1] : (int64_t)channels,
                                 params->channels_last ? sizes[2] : sizes[1],
                                 params->channels_last ? (int64_t)channels : sizes[2]};
    bool same = map->type == IOU_FLOAT && map->rank == 4 && map->data;
    for (int i = 0; same && i < 4; i++) {
        same = map->dims[i] == expected[i];
    }
    IOU_FAIL_IF(!same, IOU_BAD_METADATA, error,
                "output '%s': expected float32 %lld x %lld x %lld x %lld as the metadata says, "
                "found %s of rank %d: %lld x %lld x %lld x %lld",
                iou_metadata_quoted(map->name).text, (long long)expected[0], (long long)expected[1],
                (long long)expected[2], (long long)expected[3], iou_type_name(map->type),
                (int)map->rank, (long long)map->dims[0], (long long)map->dims[1],
                (long long)map->dims[2], (long long)map->dims[3]);
    return IOU_OK;
}

/* The class map decides a level's size; the others have to agree. */
static iou_status take_level(iou_heads *heads, size_t level, const iou_tensor *outputs,
                             const iou_detector_params *params, iou_error *error) {
    const size_t levels = params->level_count, anchors = params->anchor_count;
    const iou_tensor *cls = &outputs[level], *box = cls + levels;
    const iou_tensor *next = box + levels;
    const iou_tensor *iou = params->iou_names ? next : NULL;
    next += params->iou_names ? levels : 0;
    const iou_tensor *objectness = params->objectness_names ? next : NULL;
    const int row = params->channels_last ? 1 : 2;
    const int64_t sizes[3] = {heads->batch, cls->dims[row], cls->dims[row + 1]};
    IOU_TRY(check_map(cls, params, sizes, anchors * params->channel_count, error));
    IOU_TRY(check_map(box, params, sizes, anchors * 4, error));
    if (iou) {
        IOU_TRY(check_map(iou, params, sizes, anchors, error));
    }
    if (objectness) {
        IOU_TRY(check_map(objectness, params, sizes, anchors, error));
    }
    heads->levels[level] = (iou_head_level){.height = sizes[1],
                                            .width = sizes[2],
                                            .cls = cls->data,
                                            .box = box->data,
                                            .iou = iou ? iou->data : NULL,
                                            .objectness = objectness ? objectness->data : NULL};
    return IOU_OK;
}

static iou_status run_network(iou_detector *detector, const iou_tensor *input,
                              const iou_network_size *network, const iou_run_options *options,
                              iou_heads *heads, iou_error *error) {
    const iou_detector_params *params = &detector->params;
    iou_tensor outputs[MAP_KINDS * IOU_MAX_LEVELS];
    const size_t count = name_outputs(outputs, params);
    IOU_TRY(iou_half_border_run(&detector->border, input, 1, outputs, count, options, error));
    heads->batch = network->batch;
    heads->height = network->height;
    heads->width = network->width;
    heads->isa = detector->isa;
    if (iou_rows_are_listed(&params->rows)) {
        const int64_t sides[3] = {network->batch, network->height, network->width};
        return iou_row_outputs_take(&heads->rows, outputs, params, sides, &detector->rows, error);
    }
    for (size_t i = 0; i < params->level_count; i++) {
        IOU_TRY(take_level(heads, i, outputs, params, error));
    }
    return IOU_OK;
}

static iou_status run_batch(iou_detector *detector, detect_batch *batch,
                            const iou_detect_settings *settings, const iou_run_options *options,
                            iou_error *error) {
    iou_heads *heads = &detector->last.heads;
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
    IOU_TRY(run_network(detector, &input, &in->network, options, heads, error));
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

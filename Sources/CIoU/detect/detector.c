#include "core/cpu.h"

#include "core/memory.h"
#include "core/handle.h"
#include "core/options.h"
#include "detect/detect_wishes.h"
#include "detect/graph_detections.h"
#include "detect/heads.h"
#include "detect/picture_pixels.h"
#include "detect/preprocess.h"

#include <string.h>

enum { MAP_KINDS = 4 };

struct iou_detector {
    iou_handle handle;
    iou_detector_params params;
    iou_session *session;
    iou_workers *workers; /* of the session too */
    iou_isa isa;
    int64_t fixed[3]; /* batch, height and width of the model's input; 0: any */
    iou_buffer input, frames, places;
    iou_pixels_scratch pixels;
    iou_preprocess_scratch preprocess;
    iou_heads_scratch heads;
};

/* One part of a call: as many pictures as the model takes at a time. */
typedef struct detect_batch {
    const iou_picture *pictures;
    size_t first; /* of them among the call's */
    size_t count;
    iou_canvas canvas;
    iou_frame *frames;
    iou_detection *out;
    size_t capacity;
    size_t *counts;
} detect_batch;

/* ---- Opening ------------------------------------------------------------------------------- */

static const char *metadata_key(const void *context, size_t index) {
    return iou_model_metadata_key(context, index);
}

static const char *find_metadata(const void *context, const char *key) {
    return iou_model_metadata(context, key);
}

/* What a model says of all inputs, or of all outputs. */
static iou_status describe(const iou_model *model, size_t count,
                           iou_status (*get)(const iou_model *, size_t, iou_value_info *,
                                             iou_error *),
                           iou_value_info **infos, iou_error *error) {
    *infos = iou_memory_zeroed(count > 0 ? count : 1, sizeof **infos);
    IOU_FAIL_IF(!*infos, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(get(model, i, &(*infos)[i], error));
    }
    return IOU_OK;
}

static iou_status keep_fixed_sides(iou_detector *detector, const iou_value_info *input,
                                   iou_error *error) {
    while (strcmp(input->name, detector->params.input.name) != 0) {
        input++; /* matched before: it is there */
    }
    const int first = detector->params.input.channels_last ? 1 : 2;
    const int axes[3] = {0, first, first + 1};
    for (int i = 0; i < 3; i++) {
        const int64_t side = input->rank == 4 ? input->dims[axes[i]] : -1;
        IOU_FAIL_IF(side > IOU_MAX_SIDE, IOU_LIMIT, error,
                    "metadata key 'iou.input.name': wanted sides up to %d, found %lld",
                    IOU_MAX_SIDE, (long long)side);
        detector->fixed[i] = side > 0 ? side : 0;
    }
    return IOU_OK;
}

static iou_status match_model(iou_detector *detector, const iou_model *model, iou_error *error) {
    iou_value_info *inputs = NULL, *outputs = NULL;
    const size_t input_count = iou_model_input_count(model);
    const size_t output_count = iou_model_output_count(model);
    iou_status status = describe(model, input_count, iou_model_input, &inputs, error);
    if (status == IOU_OK) {
        status = describe(model, output_count, iou_model_output, &outputs, error);
    }
    if (status == IOU_OK) {
        status = iou_detector_params_match(&detector->params, inputs, input_count, outputs,
                                           output_count, error);
    }
    if (status == IOU_OK) {
        status = keep_fixed_sides(detector, inputs, error);
    }
    iou_memory_release(inputs);
    iou_memory_release(outputs);
    return status;
}

static void run_workers(void *context, int threads, iou_team_body body, void *argument) {
    (void)threads; /* as many as there are workers */
    iou_parallel(context, body, argument);
}

/* One team serves preprocessing, the network and what follows. */
static iou_status open_session(iou_detector *detector, const iou_model *model,
                               const iou_session_options *options, iou_error *error) {
    iou_session_options own = *options;
    IOU_FAIL_IF(own.threads < 0 || own.threads > IOU_MAX_THREADS, IOU_INVALID_ARGUMENT, error,
                "0 to %d threads are wanted, %d were given", IOU_MAX_THREADS, own.threads);
    IOU_TRY(iou_cpu_select(own.isa, &detector->isa, error));
    own.threads = own.threads > 0 ? own.threads : iou_cpu_count();
    IOU_FAIL_IF(own.team && !own.team->run, IOU_INVALID_ARGUMENT, error,
                "a team that can run is wanted");
    detector->workers = iou_workers_create(own.threads, own.team);
    IOU_FAIL_IF(!detector->workers, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    own.team = &(iou_team){detector->workers, run_workers};
    return iou_session_open(&detector->session, model, &own, error);
}

static iou_status open_parts(iou_detector *detector, const iou_model *model,
                             const iou_session_options *options, iou_error *error) {
    const iou_metadata from = {find_metadata, model, metadata_key};
    IOU_TRY(iou_detector_params_read(&detector->params, from, error));
    IOU_TRY(match_model(detector, model, error));
    return open_session(detector, model, options, error);
}

static iou_status make_detector(iou_detector **out, const iou_handle *handle,
                                const iou_model *model, const iou_session_options *options,
                                iou_error *error) {
    iou_detector *detector = iou_memory_zeroed(1, sizeof *detector);
    IOU_FAIL_IF(!detector, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    detector->handle = *handle;
    const iou_status status = open_parts(detector, model, options, error);
    if (status != IOU_OK) {
        iou_detector_close(&detector);
    }
    *out = detector;
    return status;
}

iou_status iou_detector_open(iou_detector **out, const iou_model *model,
                             const iou_session_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "a place for the detector is wanted");
    *out = NULL;
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    iou_session_options own;
    IOU_TRY(iou_options_take(&own, sizeof own, options, "session options", error));
    iou_handle handle;
    IOU_TRY(iou_handle_make(&handle, IOU_HANDLE_DETECTOR, own.allocator, own.log, model, error));
    const iou_allocator *before = iou_memory_enter(&handle.allocator);
    const iou_status status = make_detector(out, &handle, model, &own, error);
    iou_memory_leave(before);
    return status;
}

void iou_detector_close(iou_detector **detector) {
    if (!detector || !*detector ||
        iou_handle_enter(*detector, IOU_HANDLE_DETECTOR, NULL) != IOU_OK) {
        return;
    }
    iou_detector *old = *detector;
    old->handle.kind = IOU_HANDLE_CLOSED;
    iou_session_close(&old->session);
    iou_workers_destroy(old->workers);
    iou_detector_params_release(&old->params);
    iou_buffer_release(&old->input);
    iou_buffer_release(&old->frames);
    iou_buffer_release(&old->places);
    iou_pixels_scratch_release(&old->pixels);
    iou_preprocess_scratch_release(&old->preprocess);
    iou_heads_scratch_release(&old->heads);
    iou_memory_release(old);
    *detector = NULL;
}

/* ---- Running ------------------------------------------------------------------------------- */

static iou_status fill_input(iou_detector *detector, detect_batch *batch, iou_error *error) {
    const iou_input_rule *rule = &detector->params.input;
    for (size_t i = 0; i < batch->count; i++) {
        const iou_status status =
            iou_frame_place(&batch->frames[i], &detector->params, &batch->pictures[i], error);
        if (status != IOU_OK) {
            return iou_fail_context(error, status, "picture %zu", batch->first + i);
        }
    }
    IOU_TRY(iou_canvas_fit(&batch->canvas, rule, batch->frames, batch->count, error));
    const iou_canvas *canvas = &batch->canvas;
    const size_t plane = (size_t)canvas->height * (size_t)canvas->width; /* sides are limited */
    IOU_FAIL_IF((uint64_t)canvas->batch > SIZE_MAX / 3 / plane, IOU_LIMIT, error,
                "detector: a batch of %lld inputs is too large", (long long)canvas->batch);
    IOU_TRY(iou_buffer_reserve(&detector->input, (size_t)canvas->batch * 3 * plane, sizeof(float),
                               error));
    const iou_picture *pictures = NULL;
    IOU_TRY(iou_pixels_to_rgb(&pictures, batch->pictures, batch->count, &detector->pixels,
                              detector->workers, error));
    return iou_preprocess(detector->input.data, canvas, rule, pictures, batch->frames, batch->count,
                          &detector->preprocess, detector->workers, error);
}

/* Asks for the class, box, IoU and objectness maps, those that there are; returns their number. */
static size_t name_outputs(iou_tensor *outputs, const iou_detector_params *params) {
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
    const int64_t wanted[4] = {sizes[0], params->channels_last ? sizes[1] : (int64_t)channels,
                               params->channels_last ? sizes[2] : sizes[1],
                               params->channels_last ? (int64_t)channels : sizes[2]};
    bool same = map->type == IOU_FLOAT && map->rank == 4 && map->data;
    for (int i = 0; same && i < 4; i++) {
        same = map->dims[i] == wanted[i];
    }
    IOU_FAIL_IF(!same, IOU_BAD_METADATA, error,
                "output '%s': wanted float32 %lld x %lld x %lld x %lld as the metadata says, "
                "found %s of rank %d: %lld x %lld x %lld x %lld",
                iou_metadata_quoted(map->name).text, (long long)wanted[0], (long long)wanted[1],
                (long long)wanted[2], (long long)wanted[3], iou_type_name(map->type),
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

static iou_tensor input_tensor(const iou_detector *detector, const iou_canvas *canvas) {
    const size_t plane = (size_t)canvas->height * (size_t)canvas->width;
    const bool last = detector->params.input.channels_last;
    return (iou_tensor){
        .name = detector->params.input.name,
        .type = IOU_FLOAT,
        .rank = 4,
        .dims = {canvas->batch, last ? canvas->height : 3, last ? canvas->width : canvas->height,
                 last ? 3 : canvas->width},
        .data = detector->input.data,
        .size = (size_t)canvas->batch * 3 * plane * sizeof(float),
    };
}

static iou_status run_network(iou_detector *detector, const iou_canvas *canvas,
                              const iou_run_options *options, iou_heads *heads, iou_error *error) {
    const iou_detector_params *params = &detector->params;
    const size_t levels = params->level_count;
    iou_tensor outputs[MAP_KINDS * IOU_MAX_LEVELS];
    const iou_tensor input = input_tensor(detector, canvas);
    const size_t count = name_outputs(outputs, params);
    IOU_TRY(iou_session_run(detector->session, &input, 1, outputs, count, options, error));
    heads->batch = canvas->batch;
    heads->height = canvas->height;
    heads->width = canvas->width;
    heads->isa = detector->isa;
    for (size_t i = 0; i < levels; i++) {
        IOU_TRY(take_level(heads, i, outputs, params, error));
    }
    return IOU_OK;
}

static iou_status run_batch(iou_detector *detector, detect_batch *batch,
                            const iou_detect_wishes *wishes, const iou_run_options *options,
                            iou_error *error) {
    iou_heads heads;
    IOU_TRY(fill_input(detector, batch, error));
    if (detector->params.graph.count > 0) {
        const iou_graph_batch graph = {
            .images = input_tensor(detector, &batch->canvas),
            .frames = batch->frames,
            .count = batch->count,
            .wanted = wishes->max_detections,
            .out = batch->out,
            .capacity = batch->capacity,
            .counts = batch->counts,
        };
        return iou_graph_detections_run(detector->session, &detector->params, &graph,
                                        &detector->places, options, error);
    }
    IOU_TRY(run_network(detector, &batch->canvas, options, &heads, error));
    for (size_t i = 0; i < batch->count; i++) {
        IOU_TRY(iou_heads_detect(&heads, i, &detector->params, wishes, &batch->frames[i],
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
    iou_detect_wishes wishes;
    IOU_TRY(iou_detect_wishes_make(&wishes, &detector->params, &call->options, error));
    IOU_FAIL_IF(capacity < (size_t)wishes.max_detections, IOU_BUFFER_TOO_SMALL, error,
                "detector: wanted room for %d detections, found %zu", (int)wishes.max_detections,
                capacity);
    const size_t part = detector->fixed[0] > 0 ? (size_t)detector->fixed[0] : count;
    IOU_TRY(iou_buffer_reserve(&detector->frames, part, sizeof(iou_frame), error));
    for (size_t done = 0; done < count; done += part) {
        detect_batch batch = {
            .pictures = call->pictures + done,
            .first = done,
            .count = count - done < part ? count - done : part,
            .canvas = {(int64_t)part, detector->fixed[1], detector->fixed[2]},
            .frames = detector->frames.data,
            .out = call->out + done * capacity,
            .capacity = capacity,
            .counts = call->counts + done,
        };
        IOU_TRY(run_batch(detector, &batch, &wishes, call->options.run, error));
    }
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

/* ---- Questions ------------------------------------------------------------------------------ */

size_t iou_detector_class_count(const iou_detector *detector) {
    return iou_handle_is(detector, IOU_HANDLE_DETECTOR) ? detector->params.class_count : 0;
}

const char *iou_detector_label(const iou_detector *detector, size_t index) {
    return index < iou_detector_class_count(detector) ? detector->params.labels[index] : NULL;
}

size_t iou_detector_max_detections(const iou_detector *detector,
                                   const iou_detect_options *options) {
    iou_detect_options own;
    if (!iou_handle_is(detector, IOU_HANDLE_DETECTOR) ||
        iou_detect_options_take(&own, options, NULL) != IOU_OK) {
        return 0;
    }
    const int32_t wish = own.max_detections;
    return (size_t)(wish > 0 ? wish : detector->params.wishes.max_detections);
}

const iou_session *iou_detector_session(const iou_detector *detector) {
    return iou_handle_is(detector, IOU_HANDLE_DETECTOR) ? detector->session : NULL;
}

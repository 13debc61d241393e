#include "detect/detector.h"

#include "core/cpu.h"
#include "core/memory.h"
#include "core/options.h"
#include "detect/detect_overrides.h"

#include <string.h>

/* ---- Opening ------------------------------------------------------------------------------- */

/* What a model says of all inputs, or of all outputs; 16-bit floats are float32 to a detector. */
static iou_status describe(const iou_model *model, size_t count,
                           iou_status (*get)(const iou_model *, size_t, iou_value_info *,
                                             iou_error *),
                           iou_value_info **infos, iou_error *error) {
    *infos = iou_memory_zeroed(count > 0 ? count : 1, sizeof **infos);
    IOU_FAIL_IF(!*infos, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(get(model, i, &(*infos)[i], error));
        (*infos)[i].type = iou_half_border_type((*infos)[i].type);
    }
    return IOU_OK;
}

static iou_status keep_input(iou_detector *detector, const iou_model *model,
                             const iou_value_info *inputs, iou_error *error) {
    const iou_value_info *input = inputs;
    while (strcmp(input->name, detector->params.input.name) != 0) {
        input++; /* matched before: it is there */
    }
    iou_value_info stated;
    IOU_TRY(iou_model_input(model, (size_t)(input - inputs), &stated, error));
    detector->border.name = stated.type != input->type ? detector->params.input.name : NULL;
    detector->border.type = stated.type;
    const bool single = input->rank == 3;
    const int first = (detector->params.input.channels_last ? 1 : 2) - single;
    const int axes[3] = {0, first, first + 1};
    detector->input_rank = single ? 3 : 4;
    detector->fixed[0] = single ? 1 : 0;
    for (int i = single; i < 3; i++) {
        const int64_t side = input->rank >= 3 ? input->dims[axes[i]] : -1;
        IOU_FAIL_IF(side > IOU_MAX_SIDE, IOU_LIMIT, error,
                    "metadata key 'iou.input.name': expected sides up to %d, found %lld",
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
        status = keep_input(detector, model, inputs, error);
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
                "expected 0 to %d threads, found %d", IOU_MAX_THREADS, own.threads);
    IOU_TRY(iou_cpu_select(own.isa, &detector->isa, error));
    own.threads = own.threads > 0 ? own.threads : iou_cpu_count();
    IOU_FAIL_IF(own.team && !own.team->run, IOU_INVALID_ARGUMENT, error, "team->run is NULL");
    detector->workers = iou_workers_create(own.threads, own.team);
    IOU_FAIL_IF(!detector->workers, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    own.team = &(iou_team){detector->workers, run_workers};
    IOU_TRY(iou_session_open(&detector->session, model, &own, error));
    detector->border.session = detector->session;
    detector->border.input = &detector->half_input;
    detector->border.outputs = &detector->wide_outputs;
    return IOU_OK;
}

static iou_status open_parts(iou_detector *detector, const iou_model *model,
                             const iou_session_options *options, iou_error *error) {
    IOU_TRY(iou_detector_params_of(&detector->params, model, error));
    IOU_TRY(match_model(detector, model, error));
    return open_session(detector, model, options, error);
}

static iou_status make_detector(iou_detector **out, const iou_handle *handle,
                                const iou_model *model, const iou_session_options *options,
                                iou_error *error) {
    iou_detector *detector = iou_memory_zeroed(1, sizeof *detector);
    IOU_FAIL_IF(!detector, IOU_OUT_OF_MEMORY, error, "detector: no memory");
    iou_status status = iou_handle_open(detector, IOU_HANDLE_DETECTOR, handle, error);
    if (status != IOU_OK) {
        iou_memory_release(detector);
        return status;
    }
    status = open_parts(detector, model, options, error);
    if (status != IOU_OK) {
        iou_detector_close(&detector);
    }
    *out = detector;
    return status;
}

iou_status iou_detector_open(iou_detector **out, const iou_model *model,
                             const iou_session_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "out is NULL");
    *out = NULL;
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    iou_session_options own;
    IOU_TRY(iou_options_take(&own, sizeof own, options, "session options", error));
    iou_handle handle;
    IOU_TRY(iou_handle_make(&handle, own.allocator, own.log, model, error));
    const iou_allocator *before = iou_memory_enter(&handle.allocator);
    const iou_status status = make_detector(out, &handle, model, &own, error);
    iou_memory_leave(before);
    return status;
}

void iou_detector_close(iou_detector **detector) {
    if (!detector || !*detector || !iou_handle_close(*detector, IOU_HANDLE_DETECTOR)) {
        return;
    }
    iou_detector *old = *detector;
    iou_session_close(&old->session);
    iou_workers_destroy(old->workers);
    iou_detector_params_release(&old->params);
    iou_buffer_release(&old->input);
    iou_buffer_release(&old->half_input);
    iou_buffer_release(&old->wide_outputs);
    iou_buffer_release(&old->letterboxes);
    iou_buffer_release(&old->sizes_and_scales);
    iou_buffer_release(&old->true_ious);
    iou_row_scratch_release(&old->rows);
    iou_pixels_scratch_release(&old->pixels);
    iou_preprocess_scratch_release(&old->preprocess);
    iou_heads_scratch_release(&old->heads);
    iou_memory_release(old);
    *detector = NULL;
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
    const int32_t given = own.max_detections;
    return (size_t)(given > 0 ? given : detector->params.settings.max_detections);
}

const iou_session *iou_detector_session(const iou_detector *detector) {
    return iou_handle_is(detector, IOU_HANDLE_DETECTOR) ? detector->session : NULL;
}

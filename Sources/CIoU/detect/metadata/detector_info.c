/* What a model's metadata says, for the public API. Read once, then kept with the model. */
#include "core/handle.h"
#include "core/memory.h"
#include "core/options.h"
#include "detect/metadata/detector_params.h"
#include "detect/metadata/preset.h"

#include <math.h>

typedef struct kept_params {
    iou_attachment attachment; /* first: the model knows no more of it */
    iou_detector_params params;
} kept_params;

static void release_kept(iou_attachment *attachment) {
    kept_params *kept = (kept_params *)(void *)attachment;
    iou_detector_params_release(&kept->params);
    iou_memory_release(kept);
}

static const char *metadata_key(const void *context, size_t index) {
    return iou_model_metadata_key(context, index);
}

static const char *find_metadata(const void *context, const char *key) {
    return iou_model_metadata(context, key);
}

iou_metadata iou_metadata_of(const iou_model *model) {
    return (iou_metadata){find_metadata, model, metadata_key};
}

/* The keys that the model's own keys mean. */
static iou_status read_ultralytics(iou_detector_params *params, const iou_model *model,
                                   iou_error *error) {
    iou_key_list *list;
    IOU_TRY(iou_ultralytics_keys(&list, model, error));
    const iou_status status = iou_detector_params_read(params, iou_key_list_metadata(list), error);
    iou_key_list_close(&list);
    return status;
}

iou_status iou_detector_params_of(iou_detector_params *params, const iou_model *model,
                                  iou_error *error) {
    const iou_metadata metadata = iou_metadata_of(model);
    const bool theirs = iou_metadata_is_empty(metadata) && iou_ultralytics_wrote(metadata);
    return theirs ? read_ultralytics(params, model, error)
                  : iou_detector_params_read(params, metadata, error);
}

static iou_status read_params(const iou_detector_params **params, const iou_model *model,
                              iou_error *error) {
    iou_attachment *attachment = iou_handle_attachment(model);
    if (!attachment) {
        kept_params *kept = iou_memory_zeroed(1, sizeof *kept);
        IOU_FAIL_IF(!kept, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
        const iou_status status = iou_detector_params_of(&kept->params, model, error);
        if (status != IOU_OK) {
            iou_memory_release(kept);
            return status;
        }
        kept->attachment.release = release_kept;
        attachment = iou_handle_attach(model, &kept->attachment);
    }
    *params = &((const kept_params *)(const void *)attachment)->params;
    return IOU_OK;
}

static void describe_input(iou_detector_info *info, const iou_input_rule *rule) {
    info->input_name = rule->name;
    info->input_channels_last = rule->channels_last;
    info->input_bgr = rule->bgr;
    info->input_range = rule->range;
    for (int c = 0; c < 3; c++) {
        info->input_mean[c] = rule->mean[c];
        info->input_std[c] = rule->std[c];
    }
    info->input_resize = rule->resize;
    info->input_sides[0] = (int32_t)rule->resize_sides[0];
    info->input_sides[1] = (int32_t)rule->resize_sides[1];
    info->input_antialias = rule->antialias;
    info->input_eight_bit = rule->eight_bit;
    info->input_pad_multiple = (int32_t)rule->pad_multiple;
    info->input_pad_value = rule->pad_value;
    info->input_pad_is_pixel = rule->pad_is_pixel;
    info->input_pad_centred = rule->pad_centred;
}

static iou_detector_info describe(const iou_detector_params *params) {
    const bool detections = params->graph.count > 0;
    const bool rows = iou_rows_are_listed(&params->rows), maps = !detections && !rows;
    const bool suppresses = maps || (rows && !params->rows.suppressed);
    iou_detector_info info = {
        .reports_detections = detections,
        .predicts_iou = params->iou_names || params->graph.count == IOU_GRAPH_OUTPUTS,
        .predicts_objectness = params->objectness_names != NULL,
        .inclusive_boxes = params->box.pixel > 0.0f,
        .level_count = maps ? params->level_count : 0,
        .anchor_count = maps ? params->anchor_count : 0,
        .strides = !maps || params->strides_from_maps ? NULL : params->strides,
        .class_count = params->class_count,
        .labels = params->labels,
        .label_ids = params->label_ids,
        .alpha = params->settings.alpha,
        .score_threshold = detections ? NAN : params->settings.score_threshold,
        .nms_threshold = suppresses ? params->settings.nms_threshold : NAN,
        .max_detections = params->settings.max_detections,
        .outputs = detections ? IOU_OUTPUTS_DETECTIONS
                   : rows     ? IOU_OUTPUTS_ROWS
                              : IOU_OUTPUTS_MAPS,
        .not_reported = params->rows.extra,
    };
    describe_input(&info, &params->input);
    return info;
}

iou_status iou_model_detector_info(const iou_model *model, iou_detector_info *info,
                                   iou_error *error) {
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    IOU_FAIL_IF(!info, IOU_INVALID_ARGUMENT, error, "detector info: info is null");
    const iou_allocator *before = iou_memory_enter(&((const iou_handle *)model)->allocator);
    const iou_detector_params *params = NULL;
    const iou_status status = read_params(&params, model, error);
    iou_memory_leave(before);
    IOU_TRY(status);
    const iou_detector_info own = describe(params);
    return iou_options_give(info, &own, sizeof own, "detector info", error);
}

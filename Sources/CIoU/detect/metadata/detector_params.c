#include "detect/graph_detections.h"

#include "core/arena.h"

#include <float.h>
#include <string.h>

/* A list of output names that must have as many levels as the class maps. */
static const char **read_outputs(iou_detector_params *params, iou_metadata_reader *reader,
                                 const char *key) {
    const iou_metadata_lines lines = iou_metadata_split(reader, key);
    if (lines.count != params->level_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, lines.count);
    }
    return lines.items;
}

static void read_class_outputs(iou_detector_params *params, iou_metadata_reader *reader) {
    const iou_metadata_lines lines = iou_metadata_split(reader, "iou.outputs.cls");
    if (lines.count > IOU_MAX_LEVELS) {
        iou_metadata_refuse(reader, IOU_LIMIT, "iou.outputs.cls",
                            "expected at most %d levels, found %zu", IOU_MAX_LEVELS, lines.count);
    }
    params->level_count = lines.count;
    params->cls_names = lines.items;
}

static void read_fusion(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.fusion.power";
    params->settings.alpha = iou_metadata_number(reader, "iou.alpha", 0.0f, 1.0f);
    params->fuse_last = iou_metadata_word(reader, "iou.fusion.order", "first last") == 1;
    if (iou_metadata_has(reader, key)) {
        params->power = iou_metadata_number(reader, key, FLT_MIN, 16.0f);
    }
}

static void read_iou(iou_detector_params *params, iou_metadata_reader *reader) {
    params->power = 1.0f;
    if (iou_metadata_has(reader, "iou.outputs.iou")) {
        params->iou_names = read_outputs(params, reader, "iou.outputs.iou");
        params->iou_is_probability =
            iou_metadata_word(reader, "iou.outputs.iou.kind", "logit probability") == 1;
        read_fusion(params, reader);
        return;
    }
    static const char *const keys[] = {"iou.outputs.iou.kind", "iou.alpha", "iou.fusion.order",
                                       "iou.fusion.power"};
    for (size_t i = 0; i < 4; i++) {
        iou_metadata_absent(reader, keys[i], "there is no iou.outputs.iou");
    }
    params->settings.alpha = 1.0f;
}

static void read_objectness(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.outputs.objectness", *kind = "iou.outputs.objectness.kind";
    if (!iou_metadata_has(reader, key)) {
        iou_metadata_absent(reader, kind, "there is no iou.outputs.objectness");
        return;
    }
    params->objectness_names = read_outputs(params, reader, key);
    params->objectness_is_probability = iou_metadata_word(reader, kind, "logit probability") == 1;
}

static void read_maps(iou_detector_params *params, iou_metadata_reader *reader) {
    read_class_outputs(params, reader);
    params->box_names = read_outputs(params, reader, "iou.outputs.box");
    params->channels_last = iou_metadata_word(reader, "iou.outputs.layout", "nhwc nchw") == 0;
    params->cls_is_probability =
        iou_metadata_word(reader, "iou.outputs.cls.kind", "logit probability") == 1;
    read_iou(params, reader);
    read_objectness(params, reader);
}

static void read_selection(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_detect_settings *settings = &params->settings;
    params->topk = (size_t)iou_metadata_integer(reader, "iou.topk", 0, INT32_MAX);
    params->topk_pairs = iou_metadata_word(reader, "iou.topk.unit", "anchors pairs") == 1;
    (void)iou_metadata_word(reader, "iou.topk.when", "before-threshold after-threshold");
    settings->score_threshold = iou_metadata_number(reader, "iou.score.threshold", 0.0f, 1.0f);
    params->score_inclusive = iou_metadata_word(reader, "iou.score.compare", "> >=") == 1;
    settings->nms_threshold = iou_metadata_number(reader, "iou.nms.threshold", 0.0f, 1.0f);
    params->nms_inclusive = iou_metadata_word(reader, "iou.nms.compare", "> >=") == 1;
    params->nms_together = iou_metadata_word(reader, "iou.nms.classes", "separate together") == 1;
    params->box.nms_in_network = iou_metadata_word(reader, "iou.nms.space", "picture network") == 1;
    settings->max_detections =
        (int32_t)iou_metadata_integer(reader, "iou.detections.max", 1, INT32_MAX);
}

static void read_version(iou_metadata_reader *reader) {
    const char *text = iou_metadata_text(reader, "iou.version");
    if (strcmp(text, "1") != 0) {
        iou_metadata_refuse(reader, IOU_UNSUPPORTED, "iou.version", "expected 1, found '%s'",
                            iou_metadata_quoted(text).text);
    }
}

static iou_status refuse_without_metadata(const iou_metadata_reader *reader) {
    IOU_FAIL_IF(iou_metadata_is_empty(reader), IOU_BAD_METADATA, reader->error,
                "the model has no detector metadata (keys 'iou.*'): 'iouc annotate' adds it, as "
                "docs/metadata.md says");
    return IOU_OK;
}

static bool reports_detections(iou_metadata_reader *reader) {
    const char *key = "iou.outputs.kind";
    return iou_metadata_has(reader, key) && iou_metadata_word(reader, key, "maps detections") == 1;
}

iou_status iou_detector_params_read(iou_detector_params *params, iou_metadata from,
                                    iou_error *error) {
    *params = (iou_detector_params){.memory = iou_arena_create()};
    IOU_FAIL_IF(!params->memory, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
    iou_metadata_reader reader = {.from = from, .memory = params->memory, .error = error};
    reader.status = refuse_without_metadata(&reader);
    read_version(&reader);
    if (reports_detections(&reader)) {
        iou_graph_outputs_read(params, &reader);
        iou_labels_read(params, &reader);
    } else {
        read_maps(params, &reader);
        iou_box_rule_read(params, &reader);
        iou_labels_read(params, &reader);
        iou_class_rule_read(params, &reader);
        read_selection(params, &reader);
    }
    iou_input_rule_read(&params->input, &reader);
    iou_metadata_refuse_unknown(&reader);
    if (reader.status != IOU_OK) {
        iou_detector_params_release(params);
    }
    return reader.status;
}

void iou_detector_params_release(iou_detector_params *params) {
    iou_arena_destroy(params->memory);
    *params = (iou_detector_params){.memory = NULL};
}

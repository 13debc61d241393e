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

static void read_version(iou_metadata_reader *reader) {
    const char *text = iou_metadata_text(reader, "iou.version");
    if (strcmp(text, "1") != 0) {
        iou_metadata_refuse(reader, IOU_UNSUPPORTED, "iou.version", "expected 1, found '%s'",
                            iou_metadata_quoted(text).text);
    }
}

static iou_status refuse_without_metadata(const iou_metadata_reader *reader) {
    IOU_FAIL_IF(iou_metadata_is_empty(reader->from), IOU_BAD_METADATA, reader->error,
                "the model has no detector metadata (keys 'iou.*', or 'names' and 'task' of "
                "ultralytics): 'iouc annotate' adds it, as docs/metadata.md says");
    return IOU_OK;
}

typedef enum outputs_kind { MAPS = 0, DETECTIONS = 1, ROWS = 2 } outputs_kind;

static outputs_kind read_kind(iou_metadata_reader *reader) {
    const char *key = "iou.outputs.kind";
    return iou_metadata_has(reader, key)
               ? (outputs_kind)iou_metadata_word(reader, key, "maps detections rows")
               : MAPS;
}

static void read_outputs_of_kind(iou_detector_params *params, iou_metadata_reader *reader) {
    switch (read_kind(reader)) {
    case MAPS:
        read_maps(params, reader);
        iou_box_rule_read(params, reader);
        iou_labels_read(params, reader);
        iou_class_rule_read(params, reader);
        iou_selection_read(params, reader);
        break;
    case DETECTIONS:
        iou_graph_outputs_read(params, reader);
        iou_labels_read(params, reader);
        break;
    case ROWS:
        iou_labels_read(params, reader);
        iou_class_rule_read(params, reader);
        iou_rows_rule_read(params, reader);
        iou_decoded_box_rule_read(params, reader);
        iou_selection_read(params, reader);
        break;
    }
}

/* The graph of the one has inputs for the size and the factor; the other returns no box by it. */
static void check_return(const iou_detector_params *params, iou_metadata_reader *reader) {
    const iou_input_rule *rule = &params->input;
    if (params->graph.count > 0 && (rule->pad_centred || rule->resize == IOU_INPUT_STRETCH)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.outputs.kind",
                            "expected maps or rows with a picture that is stretched or centred, "
                            "found 'detections'");
    }
    if (rule->resize == IOU_INPUT_STRETCH && !params->box.scale_by_sizes) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.boxes.scale",
                            "expected sizes with iou.input.resize stretch, found 'factor'");
    }
}

iou_status iou_detector_params_read(iou_detector_params *params, iou_metadata from,
                                    iou_error *error) {
    *params = (iou_detector_params){.memory = iou_arena_create()};
    IOU_FAIL_IF(!params->memory, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
    iou_metadata_reader reader = {.from = from, .memory = params->memory, .error = error};
    reader.status = refuse_without_metadata(&reader);
    read_version(&reader);
    read_outputs_of_kind(params, &reader);
    iou_input_rule_read(&params->input, &reader);
    check_return(params, &reader);
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

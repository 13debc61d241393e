#include "detect/detector_params.h"

#include "core/arena.h"
#include "detect/metadata_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A list of output names that must have as many levels as the class maps. */
static const char **read_outputs(iou_detector_params *params, iou_metadata_reader *reader,
                                 const char *key) {
    const iou_metadata_lines lines = iou_metadata_split(reader, key);
    if (lines.count != params->level_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "wanted %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, lines.count);
    }
    return lines.items;
}

static void read_class_outputs(iou_detector_params *params, iou_metadata_reader *reader) {
    const iou_metadata_lines lines = iou_metadata_split(reader, "iou.outputs.cls");
    if (lines.count > IOU_MAX_LEVELS) {
        iou_metadata_refuse(reader, IOU_LIMIT, "iou.outputs.cls",
                            "wanted at most %d levels, found %zu", IOU_MAX_LEVELS, lines.count);
    }
    params->level_count = lines.count;
    params->cls_names = lines.items;
}

static void read_maps(iou_detector_params *params, iou_metadata_reader *reader) {
    read_class_outputs(params, reader);
    params->box_names = read_outputs(params, reader, "iou.outputs.box");
    params->channels_last = iou_metadata_word(reader, "iou.outputs.layout", "nhwc nchw", "") == 0;
    params->cls_is_probability =
        iou_metadata_word(reader, "iou.outputs.cls.kind", "logit probability", "") == 1;
    if (iou_metadata_has(reader, "iou.outputs.iou")) {
        params->iou_names = read_outputs(params, reader, "iou.outputs.iou");
        params->iou_is_probability =
            iou_metadata_word(reader, "iou.outputs.iou.kind", "logit probability", "") == 1;
        params->wishes.alpha = iou_metadata_number(reader, "iou.alpha", 0.0f, 1.0f);
        (void)iou_metadata_word(reader, "iou.fusion.order", "first", "last");
    } else {
        const char *why = "there is no iou.outputs.iou";
        iou_metadata_absent(reader, "iou.outputs.iou.kind", why);
        iou_metadata_absent(reader, "iou.alpha", why);
        iou_metadata_absent(reader, "iou.fusion.order", why);
        params->wishes.alpha = 1.0f;
    }
}

/* ---- Anchors and boxes --------------------------------------------------------------------- */

static void read_strides(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.strides";
    const char *text = iou_metadata_text(reader, key);
    if (strcmp(text, "padded/map") == 0) {
        iou_metadata_refuse(reader, IOU_UNSUPPORTED, key,
                            "wanted numbers, found the not yet supported 'padded/map'");
        return;
    }
    const size_t found = iou_text_items(text, strlen(text), ' ');
    if (found != params->level_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "wanted %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, found);
        return;
    }
    iou_metadata_numbers(reader, key, params->strides, params->level_count);
    for (size_t i = 0; i < params->level_count; i++) {
        if (!(params->strides[i] > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "wanted numbers above 0, found '%s'",
                                iou_metadata_quoted(text).text);
        }
    }
}

/* An inclusive box of one pixel has equal corners; an edge box with equal corners is empty. */
static bool anchor_is_valid(const float *anchor, bool inclusive) {
    const float w = anchor[2] - anchor[0], h = anchor[3] - anchor[1];
    return inclusive ? w >= 0.0f && h >= 0.0f : w > 0.0f && h > 0.0f;
}

static void read_anchor_line(iou_detector_params *params, iou_metadata_reader *reader,
                             const char *line, size_t level) {
    const char *key = "iou.anchors";
    const size_t numbers = params->anchor_count * 4;
    float *row = params->anchors + level * numbers;
    if (!iou_text_numbers(line, strlen(line), row, numbers)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "wanted %zu numbers on each line, found line %zu '%s'", numbers,
                            level + 1, iou_metadata_quoted(line).text);
        return;
    }
    for (size_t a = 0; a < params->anchor_count; a++) {
        const float *b = row + a * 4;
        if (!anchor_is_valid(b, params->box.pixel > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                                "wanted x1 y1 x2 y2 in order, found line %zu, anchor %zu: "
                                "%g %g %g %g",
                                level + 1, a, (double)b[0], (double)b[1], (double)b[2],
                                (double)b[3]);
            return;
        }
    }
}

static void read_anchors(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.anchors";
    const iou_metadata_lines lines = iou_metadata_split(reader, key);
    if (lines.count != params->level_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "wanted %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, lines.count);
    }
    if (reader->status != IOU_OK) {
        return;
    }
    const size_t numbers = iou_text_items(lines.items[0], strlen(lines.items[0]), ' ');
    if (numbers % 4 != 0 || numbers / 4 > IOU_MAX_CELL_ANCHORS) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "wanted four numbers for each of at most %d anchors, found %zu numbers",
                            IOU_MAX_CELL_ANCHORS, numbers);
        return;
    }
    params->anchor_count = numbers / 4;
    params->anchors = iou_metadata_alloc(reader, lines.count * numbers * sizeof *params->anchors);
    for (size_t i = 0; i < lines.count && reader->status == IOU_OK; i++) {
        read_anchor_line(params, reader, lines.items[i], i);
    }
}

static void read_clamp(iou_box_rule *box, iou_metadata_reader *reader) {
    if (strcmp(iou_metadata_text(reader, "iou.coder.clamp"), "none") == 0) {
        iou_metadata_absent(reader, "iou.coder.clamp.sides", "iou.coder.clamp is none");
        box->clamp_low = -INFINITY;
        box->clamp_high = INFINITY;
        return;
    }
    box->clamp_high = iou_metadata_number(reader, "iou.coder.clamp", FLT_MIN, FLT_MAX);
    const bool upper = iou_metadata_word(reader, "iou.coder.clamp.sides", "both upper", "") == 1;
    box->clamp_low = upper ? -INFINITY : -box->clamp_high;
}

static void read_coder(iou_box_rule *box, iou_metadata_reader *reader) {
    iou_metadata_numbers(reader, "iou.coder.means", box->means, 4);
    iou_metadata_numbers(reader, "iou.coder.stds", box->stds, 4);
    for (size_t i = 0; i < 4; i++) {
        if (!(box->stds[i] > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.coder.stds",
                                "wanted numbers above 0, found %g", (double)box->stds[i]);
        }
    }
    read_clamp(box, reader);
    const bool half = iou_metadata_word(reader, "iou.coder.half_pixel", "no yes", "") == 1;
    if (half && box->pixel == 0.0f) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.coder.half_pixel",
                            "wanted no with iou.boxes.convention edges, found 'yes'");
    }
    box->half_pixel = half ? 0.5f : 0.0f;
}

static void read_clip(iou_box_rule *box, iou_metadata_reader *reader) {
    box->clip = iou_metadata_word(reader, "iou.clip", "image none", "padded grid") == 0;
    if (!box->clip) {
        iou_metadata_absent(reader, "iou.clip.limit", "iou.clip is none");
        iou_metadata_absent(reader, "iou.clip.when", "iou.clip is none");
        return;
    }
    const int limit = iou_metadata_word(reader, "iou.clip.limit", "size last-pixel", "");
    box->clip_margin = limit == 1 ? 1.0f : 0.0f;
    (void)iou_metadata_word(reader, "iou.clip.when", "before-nms", "after-nms");
}

static void read_boxes(iou_detector_params *params, iou_metadata_reader *reader) {
    const int convention = iou_metadata_word(reader, "iou.boxes.convention", "edges inclusive", "");
    params->box.pixel = convention == 1 ? 1.0f : 0.0f;
    read_strides(params, reader);
    read_anchors(params, reader);
    read_coder(&params->box, reader);
    read_clip(&params->box, reader);
    params->box.scale_by_sizes =
        iou_metadata_word(reader, "iou.boxes.scale", "factor sizes", "") == 1;
}

/* ---- Classes and selection ----------------------------------------------------------------- */

static void check_ids(const iou_detector_params *params, iou_metadata_reader *reader) {
    for (size_t i = 0; i < params->class_count && params->class_count <= 4096; i++) {
        for (size_t j = 0; j < i; j++) {
            if (params->label_ids[i] == params->label_ids[j]) {
                iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.labels.ids",
                                    "wanted different numbers, found %lld twice",
                                    (long long)params->label_ids[i]);
                return;
            }
        }
    }
}

static void read_ids(iou_detector_params *params, iou_metadata_reader *reader) {
    params->label_ids = iou_metadata_alloc(reader, params->class_count * sizeof *params->label_ids);
    if (!params->label_ids) {
        return;
    }
    for (size_t i = 0; i < params->class_count; i++) {
        params->label_ids[i] = (int64_t)i + 1;
    }
    if (!iou_metadata_has(reader, "iou.labels.ids")) {
        return;
    }
    const char *text = iou_metadata_text(reader, "iou.labels.ids");
    if (!iou_text_integers(text, params->label_ids, params->class_count)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.labels.ids",
                            "wanted %zu integers as in iou.labels, found '%s'", params->class_count,
                            iou_metadata_quoted(text).text);
        return;
    }
    check_ids(params, reader);
}

static void read_classes(iou_detector_params *params, iou_metadata_reader *reader) {
    const iou_metadata_lines labels = iou_metadata_split(reader, "iou.labels");
    params->labels = labels.items;
    params->class_count = labels.count;
    params->channel_count =
        (size_t)iou_metadata_integer(reader, "iou.classes.channels", 1, IOU_MAX_CLASSES);
    if (iou_metadata_has(reader, "iou.classes.list")) {
        const bool both = iou_metadata_has(reader, "iou.classes.offset");
        iou_metadata_refuse(reader, both ? IOU_BAD_METADATA : IOU_UNSUPPORTED, "iou.classes.list",
                            both ? "wanted no such key, because iou.classes.offset is present"
                                 : "wanted iou.classes.offset, found the not yet supported list");
    }
    params->class_offset =
        (size_t)iou_metadata_integer(reader, "iou.classes.offset", 0, IOU_MAX_CLASSES);
    if (params->class_offset + params->class_count > params->channel_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.classes.offset",
                            "wanted offset + %zu labels within %zu class channels, found %zu",
                            params->class_count, params->channel_count, params->class_offset);
    }
    read_ids(params, reader);
}

static void read_selection(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_detect_wishes *wishes = &params->wishes;
    params->topk = (size_t)iou_metadata_integer(reader, "iou.topk", 0, INT32_MAX);
    (void)iou_metadata_word(reader, "iou.topk.unit", "anchors", "pairs");
    (void)iou_metadata_word(reader, "iou.topk.when", "before-threshold", "after-threshold");
    wishes->score_threshold = iou_metadata_number(reader, "iou.score.threshold", 0.0f, 1.0f);
    params->score_inclusive = iou_metadata_word(reader, "iou.score.compare", "> >=", "") == 1;
    wishes->nms_threshold = iou_metadata_number(reader, "iou.nms.threshold", 0.0f, 1.0f);
    params->nms_inclusive = iou_metadata_word(reader, "iou.nms.compare", "> >=", "") == 1;
    (void)iou_metadata_word(reader, "iou.nms.classes", "separate", "together");
    params->box.nms_in_network =
        iou_metadata_word(reader, "iou.nms.space", "picture network", "") == 1;
    wishes->max_detections =
        (int32_t)iou_metadata_integer(reader, "iou.detections.max", 1, INT32_MAX);
}

static void read_version(iou_metadata_reader *reader) {
    const char *text = iou_metadata_text(reader, "iou.version");
    if (strcmp(text, "1") != 0) {
        iou_metadata_refuse(reader, IOU_UNSUPPORTED, "iou.version", "wanted 1, found '%s'",
                            iou_metadata_quoted(text).text);
    }
}

iou_status iou_detector_params_read(iou_detector_params *params, iou_metadata from,
                                    iou_error *error) {
    *params = (iou_detector_params){.memory = iou_arena_create()};
    IOU_FAIL_IF(!params->memory, IOU_OUT_OF_MEMORY, error, "detector metadata: no memory");
    iou_metadata_reader reader = {.from = from, .memory = params->memory, .error = error};
    read_version(&reader);
    read_maps(params, &reader);
    read_boxes(params, &reader);
    read_classes(params, &reader);
    read_selection(params, &reader);
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

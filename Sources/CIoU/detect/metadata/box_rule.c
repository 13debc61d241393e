#include "detect/metadata/detector_params.h"
#include "detect/metadata/metadata_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void read_strides(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.strides";
    const char *text = iou_metadata_text(reader, key);
    if (strcmp(text, "padded/map") == 0) {
        params->strides_from_maps = true;
        return;
    }
    const size_t found = iou_text_items(text, strlen(text), ' ');
    if (found != params->level_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, found);
        return;
    }
    iou_metadata_numbers(reader, key, params->strides, params->level_count);
    for (size_t i = 0; i < params->level_count; i++) {
        if (!(params->strides[i] > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                                "expected numbers above 0, found '%s'",
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
                            "expected %zu numbers on each line, found line %zu '%s'", numbers,
                            level + 1, iou_metadata_quoted(line).text);
        return;
    }
    for (size_t a = 0; a < params->anchor_count; a++) {
        const float *b = row + a * 4;
        if (!anchor_is_valid(b, params->box.pixel > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                                "expected x1 y1 x2 y2 in order, found line %zu, anchor %zu: "
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
                            "expected %zu levels as in iou.outputs.cls, found %zu",
                            params->level_count, lines.count);
    }
    if (reader->status != IOU_OK) {
        return;
    }
    const size_t numbers = iou_text_items(lines.items[0], strlen(lines.items[0]), ' ');
    if (numbers % 4 != 0 || numbers / 4 > IOU_MAX_CELL_ANCHORS) {
        iou_metadata_refuse(
            reader, IOU_BAD_METADATA, key,
            "expected four numbers for each of at most %d anchors, found %zu numbers",
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
    const bool upper = iou_metadata_word(reader, "iou.coder.clamp.sides", "both upper") == 1;
    box->clamp_low = upper ? -INFINITY : -box->clamp_high;
}

static void read_coder(iou_box_rule *box, iou_metadata_reader *reader) {
    iou_metadata_numbers(reader, "iou.coder.means", box->means, 4);
    iou_metadata_numbers(reader, "iou.coder.stds", box->stds, 4);
    for (size_t i = 0; i < 4; i++) {
        if (!(box->stds[i] > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.coder.stds",
                                "expected numbers above 0, found %g", (double)box->stds[i]);
        }
    }
    read_clamp(box, reader);
    const bool half = iou_metadata_word(reader, "iou.coder.half_pixel", "no yes") == 1;
    if (half && box->pixel == 0.0f) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.coder.half_pixel",
                            "expected no with iou.boxes.convention edges, found 'yes'");
    }
    box->half_pixel = half ? 0.5f : 0.0f;
}

static void read_clip(iou_box_rule *box, iou_metadata_reader *reader) {
    const char *const rules = "image padded grid none"; /* in the order of iou_clip_rule */
    box->clip = (iou_clip_rule)iou_metadata_word(reader, "iou.clip", rules);
    if (box->clip == IOU_CLIP_NONE) {
        iou_metadata_absent(reader, "iou.clip.limit", "iou.clip is none");
        iou_metadata_absent(reader, "iou.clip.when", "iou.clip is none");
        return;
    }
    const int limit = iou_metadata_word(reader, "iou.clip.limit", "size last-pixel");
    box->clip_margin = limit == 1 ? 1.0f : 0.0f;
    box->clip_last = iou_metadata_word(reader, "iou.clip.when", "before-nms after-nms") == 1;
    if (box->clip_last && box->clip != IOU_CLIP_IMAGE) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.clip.when",
                            "expected before-nms unless iou.clip is image, found 'after-nms'");
    }
}

static void read_convention(iou_box_rule *box, iou_metadata_reader *reader) {
    const int convention = iou_metadata_word(reader, "iou.boxes.convention", "edges inclusive");
    box->pixel = convention == 1 ? 1.0f : 0.0f;
}

static void read_scale(iou_box_rule *box, iou_metadata_reader *reader) {
    box->scale_by_sizes = iou_metadata_word(reader, "iou.boxes.scale", "factor sizes") == 1;
}

void iou_box_rule_read(iou_detector_params *params, iou_metadata_reader *reader) {
    read_convention(&params->box, reader);
    read_strides(params, reader);
    read_anchors(params, reader);
    read_coder(&params->box, reader);
    read_clip(&params->box, reader);
    read_scale(&params->box, reader);
}

/* Strides of rows that are cells. */
static void read_grid(iou_rows_rule *rows, iou_metadata_reader *reader) {
    const char *key = "iou.strides", *cell = "iou.boxes.cell";
    if (rows->form != IOU_FORM_GRID && rows->form != IOU_FORM_DISTANCES) {
        iou_metadata_absent(reader, key, "iou.boxes.form is neither grid nor distances");
        iou_metadata_absent(reader, cell, "iou.boxes.form is neither grid nor distances");
        return;
    }
    rows->cell = iou_metadata_word(reader, cell, "corner centre") == 1 ? 0.5f : 0.0f;
    const char *text = iou_metadata_text(reader, key);
    const size_t count = iou_text_items(text, strlen(text), ' ');
    bool good = count >= 1 && count <= IOU_ROW_LEVELS &&
                iou_text_numbers(text, strlen(text), rows->strides, count);
    for (size_t i = 0; good && i < count; i++) {
        good = rows->strides[i] >= 1.0f;
    }
    if (!good) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected 1 to %d numbers of at least 1, found '%s'", IOU_ROW_LEVELS,
                            iou_metadata_quoted(text).text);
    }
    if (rows->unit != IOU_UNIT_PIXELS) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.boxes.unit",
                            "expected pixels with iou.strides, found another");
    }
    if (rows->levels > 1 && rows->levels != count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected %zu numbers as iou.outputs.boxes has names, found %zu",
                            rows->levels, count);
    }
    rows->stride_count = good ? count : 0;
}

/* Their clip has no grid. */
void iou_decoded_box_rule_read(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_rows_rule *rows = &params->rows;
    read_convention(&params->box, reader);
    rows->form = (iou_box_form)iou_metadata_word(
        reader, "iou.boxes.form",
        "corners corners-yx centre corner-size grid distances"); /* as iou_box_form */
    rows->unit = (iou_box_unit)iou_metadata_word(reader, "iou.boxes.unit",
                                                 "pixels padded image"); /* as iou_box_unit */
    if (rows->form == IOU_FORM_DISTANCES) {
        (void)iou_metadata_text(reader, "iou.boxes.bins");
    } else {
        iou_metadata_absent(reader, "iou.boxes.bins", "iou.boxes.form is not distances");
    }
    read_grid(rows, reader);
    read_clip(&params->box, reader);
    if (params->box.clip == IOU_CLIP_GRID) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.clip",
                            "expected one of: image padded none with rows, found 'grid'");
    }
    read_scale(&params->box, reader);
}

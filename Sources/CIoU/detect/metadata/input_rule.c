#include "detect/metadata/detector_params.h"
#include "detect/metadata/metadata_text.h"

#include <float.h>
#include <string.h>

static void read_resize(iou_input_rule *rule, iou_metadata_reader *reader) {
    const char *key = "iou.input.resize";
    const char *text = iou_metadata_text(reader, key);
    static const char *const names[] = {"short-long ", "short-then-long ", "fit ", "stretch "};
    static const iou_input_resize resizes[] = {IOU_INPUT_SHORT_LONG, IOU_INPUT_SHORT_THEN_LONG,
                                               IOU_INPUT_FIT, IOU_INPUT_STRETCH};
    if (strcmp(text, "none") == 0 || reader->status != IOU_OK) {
        rule->resize = IOU_INPUT_NO_RESIZE;
        return;
    }
    for (int i = 0; i < 4; i++) {
        const size_t length = strlen(names[i]);
        int64_t *sides = rule->resize_sides;
        if (strncmp(text, names[i], length) == 0 && iou_text_integers(text + length, sides, 2) &&
            sides[0] >= 1 && sides[1] >= 1 && sides[0] <= IOU_MAX_SIDE &&
            sides[1] <= IOU_MAX_SIDE) {
            rule->resize = resizes[i];
            return;
        }
    }
    iou_metadata_refuse(
        reader, IOU_BAD_METADATA, key,
        "expected 'short-long S L', 'short-then-long S L', 'fit H W', 'stretch H W' "
        "or 'none', found '%s'",
        iou_metadata_quoted(text).text);
}

static void read_resize_details(iou_input_rule *rule, iou_metadata_reader *reader) {
    const char *factor = "iou.input.resize.factor";
    if (iou_metadata_has(reader, factor)) {
        rule->single_factor = iou_metadata_word(reader, factor, "double single") == 1;
    }
    const int rounding =
        iou_metadata_word(reader, "iou.input.resize.rounding", "half-up floor half-even");
    rule->rounding = rounding == 0 ? 0.5 : 0.0;
    rule->half_even = rounding == 2;
    (void)iou_metadata_word(reader, "iou.input.resize.interpolation", "bilinear");
    rule->antialias = iou_metadata_word(reader, "iou.input.resize.antialias", "no yes") == 1;
    rule->eight_bit = iou_metadata_word(reader, "iou.input.resize.precision", "float 8-bit") == 1;
    rule->step_from_factor =
        iou_metadata_word(reader, "iou.input.resize.step", "sizes factor") == 1;
    if (rule->step_from_factor && rule->resize == IOU_INPUT_STRETCH) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.input.resize.step",
                            "expected sizes with iou.input.resize stretch, found 'factor'");
    }
}

static void read_pad(iou_input_rule *rule, iou_metadata_reader *reader) {
    const char *key = "iou.input.pad";
    const char *text = iou_metadata_text(reader, key);
    const char *multiple = "multiple ";
    const bool fit = iou_input_is_exact(rule);
    const bool exact = strcmp(text, "exact") == 0;
    if (exact) {
        rule->pad_multiple = 0;
    } else if (strncmp(text, multiple, strlen(multiple)) != 0 ||
               !iou_text_integers(text + strlen(multiple), &rule->pad_multiple, 1) ||
               rule->pad_multiple < 1 || rule->pad_multiple > IOU_MAX_SIDE) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected 'multiple M' or 'exact', found '%s'",
                            iou_metadata_quoted(text).text);
    }
    if (exact != fit) {
        iou_metadata_refuse(
            reader, IOU_BAD_METADATA, key,
            "expected 'exact' with the resize 'fit' or 'stretch' and only with these, "
            "found '%s'",
            iou_metadata_quoted(text).text);
    }
    rule->pad_centred = iou_metadata_word(reader, "iou.input.pad.side", "bottom-right centre") == 1;
    rule->pad_value = iou_metadata_number(reader, "iou.input.pad.value", -FLT_MAX, FLT_MAX);
    rule->pad_is_pixel =
        iou_metadata_word(reader, "iou.input.pad.when", "after-normalise before-normalise") == 1;
}

/* Either order gives the same floats; but 8 bits hold no normalised values, and padding follows. */
static void read_order(const iou_input_rule *rule, iou_metadata_reader *reader) {
    const char *key = "iou.input.order";
    const bool first = iou_metadata_word(reader, key, "resize-normalise normalise-resize") == 1;
    if (first && rule->eight_bit) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected resize-normalise with iou.input.resize.precision 8-bit, "
                            "found 'normalise-resize'");
    }
    if (first && rule->pad_is_pixel) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.input.pad.when",
                            "expected after-normalise with iou.input.order normalise-resize, "
                            "found 'before-normalise'");
    }
}

static void read_normalisation(iou_input_rule *rule, iou_metadata_reader *reader) {
    rule->bgr = iou_metadata_word(reader, "iou.input.color", "rgb bgr") == 1;
    rule->range = iou_metadata_word(reader, "iou.input.range", "255 1") == 1 ? 1.0f : 255.0f;
    iou_metadata_numbers(reader, "iou.input.mean", rule->mean, 3);
    iou_metadata_numbers(reader, "iou.input.std", rule->std, 3);
    for (size_t i = 0; i < 3; i++) {
        if (!(rule->std[i] > 0.0f)) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.input.std",
                                "expected numbers above 0, found %g", (double)rule->std[i]);
        }
    }
}

static const char *read_name(iou_metadata_reader *reader) {
    const iou_metadata_lines lines = iou_metadata_split(reader, "iou.input.name");
    if (lines.count != 1) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.input.name",
                            "expected one name, found %zu", lines.count);
    }
    return lines.count == 1 ? lines.items[0] : "";
}

void iou_input_rule_read(iou_input_rule *rule, iou_metadata_reader *reader) {
    rule->name = read_name(reader);
    rule->channels_last = iou_metadata_word(reader, "iou.input.layout", "nchw nhwc") == 1;
    read_normalisation(rule, reader);
    read_resize(rule, reader);
    read_resize_details(rule, reader);
    read_pad(rule, reader);
    read_order(rule, reader);
}

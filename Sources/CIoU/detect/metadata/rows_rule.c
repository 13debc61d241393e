#include "detect/metadata/detector_params.h"
#include "detect/metadata/metadata_text.h"

#include <string.h>

static const char *const table_key = IOU_ROWS_TABLE_KEY;
static const char *const columns_key = "iou.outputs.rows.columns";
static const char *const counts_key = "iou.outputs.counts";

/* The words of iou.outputs.rows.columns, in the order of iou_row_part. */
static const char *const part_words = "box objectness classes score label angle picture";

/* The key of a part that is an output of its own; NULL: it may only be a column. */
static const char *const part_keys[IOU_ROW_PARTS] = {[IOU_ROW_BOX] = "iou.outputs.boxes",
                                                     [IOU_ROW_OBJECTNESS] =
                                                         "iou.outputs.objectness",
                                                     [IOU_ROW_CLASSES] = "iou.outputs.cls",
                                                     [IOU_ROW_SCORE] = "iou.outputs.scores",
                                                     [IOU_ROW_LABEL] = "iou.outputs.labels"};

static size_t part_width(const iou_detector_params *params, iou_row_part part) {
    return part == IOU_ROW_BOX       ? 4 * params->rows.bins
           : part == IOU_ROW_CLASSES ? params->channel_count
                                     : 1;
}

static void add_name(iou_rows_rule *rule, iou_metadata_reader *reader, const char *key,
                     const char *name, size_t columns) {
    const size_t output = rule->output_count++;
    for (size_t i = 0; i < output; i++) {
        if (strcmp(rule->names[i], name) == 0) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                                "expected every output once, found '%s' again",
                                iou_metadata_quoted(name).text);
        }
    }
    rule->names[output] = name;
    rule->keys[output] = key;
    rule->columns[output] = columns;
}

/* Adds the outputs that the key names, as many as it may. */
static iou_row_place add_outputs(iou_rows_rule *rule, iou_metadata_reader *reader, const char *key,
                                 size_t columns, size_t least, size_t most) {
    const iou_metadata_lines lines = iou_metadata_split(reader, key);
    const size_t first = rule->output_count;
    if (lines.count < least || lines.count > most) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "expected %zu to %zu names, found %zu",
                            least, most, lines.count);
        return (iou_row_place){.there = true};
    }
    for (size_t i = 0; i < lines.count; i++) {
        add_name(rule, reader, key, lines.items[i], columns);
    }
    return (iou_row_place){.there = true, .output = first};
}

static iou_row_place add_output(iou_rows_rule *rule, iou_metadata_reader *reader, const char *key,
                                size_t columns) {
    return add_outputs(rule, reader, key, columns, 1, 1);
}

/* One word of the columns: a part, or what is behind all that is known. */
static void add_column(iou_detector_params *params, iou_metadata_reader *reader, const char *word) {
    iou_rows_rule *rule = &params->rows;
    const int part = iou_text_word_index(word, part_words);
    const bool others = strcmp(word, "others") == 0;
    if ((part < 0 && !others) || rule->others || (part >= 0 && rule->parts[part].there)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, columns_key,
                            "expected each at most once of: %s, and others as the last, found '%s'",
                            part_words, iou_metadata_quoted(word).text);
        return;
    }
    rule->others = others;
    if (!others) {
        rule->parts[part] = (iou_row_place){.there = true, .column = rule->columns[0]};
        rule->columns[0] += part_width(params, (iou_row_part)part);
    }
}

static void read_columns(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *text = iou_metadata_text(reader, columns_key);
    const size_t length = strlen(text);
    char *words = iou_metadata_alloc(reader, length + 1);
    if (!words) {
        return;
    }
    memcpy(words, text, length + 1);
    for (char *word = words; word;) {
        char *space = strchr(word, ' ');
        if (space) {
            *space++ = '\0';
        }
        add_column(params, reader, word);
        word = space;
    }
}

static void read_table(iou_detector_params *params, iou_metadata_reader *reader) {
    if (!iou_metadata_has(reader, table_key)) {
        iou_metadata_absent(reader, columns_key, "there is no iou.outputs.rows");
        return;
    }
    (void)add_output(&params->rows, reader, table_key, 0);
    params->rows.levels = 1;
    read_columns(params, reader);
}

static void read_outputs(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_rows_rule *rule = &params->rows;
    for (int part = 0; part < IOU_ROW_PARTS; part++) {
        const char *key = part_keys[part];
        if (!key || !iou_metadata_has(reader, key)) {
            continue;
        }
        if (rule->parts[part].there) {
            iou_metadata_absent(reader, key, "iou.outputs.rows.columns has it");
            return;
        }
        const size_t width = part_width(params, (iou_row_part)part);
        const bool wide = part == IOU_ROW_BOX || part == IOU_ROW_CLASSES;
        const size_t before = rule->output_count, levels = rule->levels;
        rule->parts[part] = add_outputs(rule, reader, key, wide ? width : 0, levels ? levels : 1,
                                        levels ? levels : IOU_ROW_LEVELS);
        rule->levels = rule->output_count - before;
    }
}

/* A row has a value of every class, or one class and its score. */
static void check_parts(const iou_rows_rule *rule, iou_metadata_reader *reader) {
    const iou_row_place *parts = rule->parts;
    const bool classes = parts[IOU_ROW_CLASSES].there, label = parts[IOU_ROW_LABEL].there;
    const char *missing = !parts[IOU_ROW_BOX].there                  ? "a box"
                          : label != parts[IOU_ROW_SCORE].there      ? "a score with a label"
                          : classes == label                         ? "either classes or a label"
                          : label && parts[IOU_ROW_OBJECTNESS].there ? "no objectness with a label"
                          : !label && parts[IOU_ROW_PICTURE].there   ? "a picture with labels only"
                                                                     : NULL;
    if (missing) {
        iou_metadata_refuse(
            reader, IOU_BAD_METADATA, rule->columns[0] > 0 ? columns_key : "iou.outputs.kind",
            "expected %s in the columns and outputs of rows, found others", missing);
    }
}

static void read_classes(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *kind = "iou.outputs.cls.kind", *kept = "iou.classes.kept";
    const char *objectness = "iou.outputs.objectness.kind";
    iou_rows_rule *rule = &params->rows;
    if (iou_rows_have_labels(rule)) {
        params->cls_is_probability = true;
        iou_metadata_absent(reader, kind, "rows have labels");
        iou_metadata_absent(reader, kept, "rows have labels");
    } else {
        const int found = iou_metadata_word(reader, kind, "logit probability softmax");
        rule->softmax = found == 2;
        params->cls_is_probability = found != 0;
        rule->best_class = iou_metadata_word(reader, kept, "all best") == 1;
    }
    if (rule->parts[IOU_ROW_OBJECTNESS].there) {
        params->objectness_is_probability =
            iou_metadata_word(reader, objectness, "logit probability") == 1;
        params->objectness_names = &rule->names[rule->parts[IOU_ROW_OBJECTNESS].output];
    } else {
        iou_metadata_absent(reader, objectness, "rows have no objectness");
    }
}

/* Labels to classes. */
static void map_channels(iou_detector_params *params, iou_metadata_reader *reader) {
    const size_t count = params->channel_count;
    params->channel_classes = iou_metadata_alloc(reader, count * sizeof *params->channel_classes);
    if (!params->channel_classes) {
        return;
    }
    memset(params->channel_classes, 0xff, count * sizeof *params->channel_classes); /* -1 */
    for (size_t i = 0; i < params->class_count; i++) {
        params->channel_classes[params->class_channels[i]] = (int32_t)i;
    }
}

/* The rows of several outputs are candidates. */
static void check_levels(const iou_rows_rule *rule, iou_metadata_reader *reader) {
    if (rule->levels > 1 && iou_rows_have_labels(rule)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.outputs.boxes",
                            "expected one name where rows have labels, found %zu", rule->levels);
    }
}

static void read_counts(iou_rows_rule *rule, iou_metadata_reader *reader) {
    if (!iou_rows_have_labels(rule)) {
        iou_metadata_absent(reader, counts_key, "rows have no labels");
    } else if (iou_metadata_has(reader, counts_key)) {
        rule->counts = add_output(rule, reader, counts_key, 0);
    }
}

void iou_rows_rule_read(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_rows_rule *rule = &params->rows;
    const char *extra = "iou.outputs.others", *bins = "iou.boxes.bins";
    rule->bins = iou_metadata_has(reader, bins)
                     ? (size_t)iou_metadata_integer(reader, bins, 1, IOU_ROW_BINS)
                     : 1;
    read_table(params, reader);
    read_outputs(params, reader);
    check_parts(rule, reader);
    check_levels(rule, reader);
    rule->columns_first =
        iou_metadata_word(reader, "iou.outputs.rows.order", "rows-first columns-first") == 1;
    read_classes(params, reader);
    read_counts(rule, reader);
    if (iou_rows_have_labels(rule)) {
        map_channels(params, reader);
    }
    if (iou_metadata_has(reader, extra)) {
        const iou_metadata_lines lines = iou_metadata_split(reader, extra);
        rule->extra = lines.count > 0 ? lines.items[0] : NULL;
    }
    params->level_count = 1; /* whose cells are the rows */
    params->anchor_count = 1;
    params->power = 1.0f;
    params->settings.alpha = 1.0f;
}

/* Whether a model's outputs, or a run's, are what the rule of rows says. */
#include "detect/metadata/rows_rule.h"

#include <stdio.h>
#include <string.h>

static bool is_counts(const iou_rows_rule *rule, size_t output) {
    return rule->counts.there && rule->counts.output == output;
}

static bool is_labels(const iou_rows_rule *rule, size_t output) {
    return rule->parts[IOU_ROW_LABEL].there && rule->parts[IOU_ROW_LABEL].output == output &&
           rule->columns[output] == 0;
}

bool iou_row_sides_of(iou_row_sides *sides, const iou_rows_rule *rule, size_t output, int32_t rank,
                      const int64_t *dims) {
    const bool wide = rule->columns[output] > 0, last = !rule->columns_first;
    const int32_t axes = is_counts(rule, output) ? 0 : wide ? 2 : 1; /* behind the pictures */
    const bool spare = !wide && rank == axes + 2;                    /* an axis of 1 behind them */
    const bool batch = rank == axes + 1 || spare;
    if (!batch && (rank != axes || axes == 0)) {
        return false;
    }
    const int64_t *own = dims + batch;
    sides->pictures = batch ? dims[0] : 1;
    sides->rows = axes == 0 ? 1 : wide && !last ? own[1] : own[0];
    sides->columns = wide ? own[last ? 1 : 0] : spare ? own[axes] : 1;
    return true;
}

bool iou_row_columns_fit(const iou_rows_rule *rule, size_t output, int64_t columns) {
    const int64_t known = rule->columns[output] > 0 ? (int64_t)rule->columns[output] : 1;
    const bool open = rule->others && strcmp(rule->keys[output], IOU_ROWS_TABLE_KEY) == 0;
    return columns < 0 || (open ? columns >= known : columns == known);
}

bool iou_row_type_fits(const iou_rows_rule *rule, size_t output, iou_type type) {
    const bool integer = type == IOU_INT64 || type == IOU_INT32;
    const bool labels = is_labels(rule, output);
    return is_counts(rule, output) ? integer : type == IOU_FLOAT || (labels && integer);
}

iou_row_expectation iou_row_expected(const iou_rows_rule *rule, size_t output) {
    iou_row_expectation expected;
    const size_t columns = rule->columns[output];
    const bool labels = is_labels(rule, output);
    const char *more = rule->others && output == 0 ? " or more" : "";
    if (columns > 0) {
        (void)snprintf(expected.text, sizeof expected.text,
                       rule->columns_first ? "float32 [N, %zu%s, R]" : "float32 [N, R, %zu%s]",
                       columns, more);
    } else {
        (void)snprintf(expected.text, sizeof expected.text, "%s",
                       is_counts(rule, output) ? "integers [N]"
                       : labels                ? "integers or float32 [N, R]"
                                               : "float32 [N, R]");
    }
    return expected;
}

static iou_status match_output(const iou_rows_rule *rule, size_t output,
                               const iou_value_info *outputs, size_t count, iou_error *error) {
    const char *key = rule->keys[output], *name = rule->names[output];
    const iou_value_info *value = NULL;
    for (size_t i = 0; i < count && !value; i++) {
        value = outputs[i].name && strcmp(outputs[i].name, name) == 0 ? &outputs[i] : NULL;
    }
    IOU_FAIL_IF(!value, IOU_BAD_METADATA, error,
                "metadata key '%s': expected a name of the graph, found '%s'", key,
                iou_metadata_quoted(name).text);
    IOU_FAIL_IF(value->type != IOU_TYPE_UNDEFINED && !iou_row_type_fits(rule, output, value->type),
                IOU_BAD_METADATA, error, "metadata key '%s': expected '%s' as %s, found %s", key,
                iou_metadata_quoted(name).text, iou_row_expected(rule, output).text,
                iou_type_name(value->type));
    iou_row_sides sides = {-1, -1, -1};
    IOU_FAIL_IF(
        value->rank >= 0 && !iou_row_sides_of(&sides, rule, output, value->rank, value->dims),
        IOU_BAD_METADATA, error, "metadata key '%s': expected '%s' as %s, found rank %d", key,
        iou_metadata_quoted(name).text, iou_row_expected(rule, output).text, (int)value->rank);
    IOU_FAIL_IF(!iou_row_columns_fit(rule, output, sides.columns), IOU_BAD_METADATA, error,
                "metadata key '%s': expected '%s' as %s, found %lld columns", key,
                iou_metadata_quoted(name).text, iou_row_expected(rule, output).text,
                (long long)sides.columns);
    return IOU_OK;
}

iou_status iou_rows_match(const iou_rows_rule *rule, const iou_value_info *outputs, size_t count,
                          iou_error *error) {
    for (size_t i = 0; i < rule->output_count; i++) {
        IOU_TRY(match_output(rule, i, outputs, count, error));
    }
    return IOU_OK;
}

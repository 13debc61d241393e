#include "detect/postprocess/row_outputs.h"

#include <math.h>
#include <stdio.h>

double iou_row_number(const iou_row_values *values, size_t image, size_t row) {
    const size_t at = values->first + image * values->picture + row * values->row;
    switch (values->type) {
    case IOU_INT64: return (double)((const int64_t *)values->data)[at];
    case IOU_INT32: return (double)((const int32_t *)values->data)[at];
    default: return (double)((const float *)values->data)[at];
    }
}

/* ---- Finding the parts ----------------------------------------------------------------------- */

typedef struct shape_text {
    char text[96];
} shape_text;

static shape_text describe(const iou_tensor *output) {
    shape_text shape;
    int used = snprintf(shape.text, sizeof shape.text, "%s [", iou_type_name(output->type));
    for (int32_t i = 0; i < output->rank && used > 0 && used < (int)sizeof shape.text; i++) {
        used += snprintf(shape.text + used, sizeof shape.text - (size_t)used, "%s%lld",
                         i > 0 ? ", " : "", (long long)output->dims[i]);
    }
    if (used > 0 && used < (int)sizeof shape.text - 1) {
        (void)snprintf(shape.text + used, sizeof shape.text - (size_t)used, "]");
    }
    return shape;
}

/* The sides of an output that fits the rule. */
static iou_status take_sides(iou_row_sides *sides, const iou_tensor *output, size_t index,
                             const iou_rows_rule *rule, int64_t batch, iou_error *error) {
    const bool per_row = rule->parts[IOU_ROW_PICTURE].there; /* rows say which picture's they are */
    const bool fits = (output->data || output->size == 0) &&
                      iou_row_type_fits(rule, index, output->type) &&
                      iou_row_sides_of(sides, rule, index, output->rank, output->dims) &&
                      iou_row_columns_fit(rule, index, sides->columns) &&
                      (per_row ? sides->pictures == 1 : sides->pictures == batch);
    IOU_FAIL_IF(!fits, IOU_BAD_METADATA, error,
                "output '%s': expected %s with %lld pictures as the metadata says, found %s",
                iou_metadata_quoted(output->name).text, iou_row_expected(rule, index).text,
                (long long)(per_row ? 1 : batch), describe(output).text);
    return IOU_OK;
}

static iou_row_values place_values(const iou_row_place *place, const iou_tensor *outputs,
                                   const iou_row_sides *sides, const iou_rows_rule *rule) {
    if (!place->there) {
        return (iou_row_values){.data = NULL};
    }
    const iou_row_sides *own = &sides[place->output];
    const bool planes = rule->columns_first && rule->columns[place->output] > 0;
    const size_t rows = (size_t)own->rows, columns = (size_t)own->columns;
    iou_row_values values = {.data = outputs[place->output].data,
                             .type = outputs[place->output].type,
                             .picture = own->pictures > 1 ? rows * columns : 0,
                             .row = planes ? 1 : columns,
                             .column = planes ? rows : 1};
    values.first = place->column * values.column;
    return values;
}

/* All outputs have as many rows. */
static iou_status check_rows(size_t *rows, const iou_tensor *outputs, const iou_row_sides *sides,
                             const iou_rows_rule *rule, iou_error *error) {
    for (size_t i = 0; i < rule->output_count; i++) {
        const bool counts = rule->counts.there && rule->counts.output == i;
        IOU_FAIL_IF(!counts && sides[i].rows != sides[0].rows, IOU_BAD_METADATA, error,
                    "output '%s': expected %lld rows as '%s' has, found %lld",
                    iou_metadata_quoted(outputs[i].name).text, (long long)sides[0].rows,
                    iou_metadata_quoted(outputs[0].name).text, (long long)sides[i].rows);
    }
    *rows = (size_t)sides[0].rows;
    return IOU_OK;
}

/* Rows that are cells are as many as these. */
static iou_status check_grid(size_t rows, const iou_tensor *outputs, const iou_rows_rule *rule,
                             const int64_t input[3], iou_error *error) {
    size_t cells = 0;
    for (size_t i = 0; i < rule->stride_count; i++) {
        cells += iou_grid_cells(rule, i, (float)input[1], (float)input[2]);
    }
    IOU_FAIL_IF(rule->stride_count > 0 && rows != cells, IOU_BAD_METADATA, error,
                "output '%s': expected %zu rows, the cells of iou.strides in an input of %lld x "
                "%lld, found %zu",
                iou_metadata_quoted(outputs[0].name).text, cells, (long long)input[1],
                (long long)input[2], rows);
    return IOU_OK;
}

/* ---- Classes that compete ---------------------------------------------------------------------- */

/* Probabilities of one row. NaN among the values makes all of them NaN. */
static void softmax_row(float *out, const float *values, size_t step, size_t count) {
    float largest = -INFINITY, sum = 0.0f;
    for (size_t c = 0; c < count; c++) {
        largest = values[c * step] > largest ? values[c * step] : largest;
    }
    for (size_t c = 0; c < count; c++) {
        out[c] = expf(values[c * step] - largest);
        sum += out[c];
    }
    for (size_t c = 0; c < count; c++) {
        out[c] /= sum;
    }
}

static iou_status compete(iou_row_outputs *taken, size_t pictures, size_t classes,
                          iou_buffer *memory, iou_error *error) {
    iou_row_values *values = &taken->parts[IOU_ROW_CLASSES];
    const size_t each = taken->rows * classes; /* no more than the output has */
    IOU_TRY(iou_buffer_reserve(memory, pictures * each, sizeof(float), error));
    float *out = memory->data;
    for (size_t image = 0; image < pictures; image++) {
        const float *from = iou_row_floats(values, image);
        for (size_t row = 0; row < taken->rows; row++) {
            softmax_row(out + image * each + row * classes, from + row * values->row,
                        values->column, classes);
        }
    }
    *values = (iou_row_values){
        .data = out, .type = IOU_FLOAT, .picture = each, .row = classes, .column = 1};
    return IOU_OK;
}

iou_status iou_row_outputs_take(iou_row_outputs *taken, const iou_tensor *outputs,
                                const iou_detector_params *params, const int64_t input[3],
                                iou_buffer *memory, iou_error *error) {
    const iou_rows_rule *rule = &params->rows;
    const int64_t batch = input[0];
    iou_row_sides sides[IOU_ROW_OUTPUTS] = {{0, 0, 0}};
    for (size_t i = 0; i < rule->output_count; i++) {
        IOU_TRY(take_sides(&sides[i], &outputs[i], i, rule, batch, error));
    }
    IOU_TRY(check_rows(&taken->rows, outputs, sides, rule, error));
    IOU_TRY(check_grid(taken->rows, outputs, rule, input, error));
    for (int part = 0; part < IOU_ROW_PARTS; part++) {
        taken->parts[part] = place_values(&rule->parts[part], outputs, sides, rule);
    }
    taken->counts = place_values(&rule->counts, outputs, sides, rule);
    return rule->softmax ? compete(taken, (size_t)batch, params->channel_count, memory, error)
                         : IOU_OK;
}

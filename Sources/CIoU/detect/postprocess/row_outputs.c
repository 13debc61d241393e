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

/* The rows of each level, of which all its outputs have as many. */
static iou_status check_rows(size_t *rows, const iou_tensor *outputs, const iou_row_sides *sides,
                             const iou_rows_rule *rule, iou_error *error) {
    const size_t counts = rule->counts.there ? rule->counts.output : SIZE_MAX;
    for (size_t i = 0; i < rule->output_count; i++) {
        const size_t first = i % rule->levels; /* outputs of a part stand together */
        IOU_FAIL_IF(i != counts && sides[i].rows != sides[first].rows, IOU_BAD_METADATA, error,
                    "output '%s': expected %lld rows as '%s' has, found %lld",
                    iou_metadata_quoted(outputs[i].name).text, (long long)sides[first].rows,
                    iou_metadata_quoted(outputs[first].name).text, (long long)sides[i].rows);
    }
    *rows = 0;
    for (size_t i = 0; i < rule->levels; i++) {
        *rows += (size_t)sides[i].rows;
    }
    return IOU_OK;
}

static iou_status check_cells(size_t found, size_t cells, const iou_tensor *output,
                              const int64_t input[3], iou_error *error) {
    IOU_FAIL_IF(found != cells, IOU_BAD_METADATA, error,
                "output '%s': expected %zu rows, the cells of iou.strides in an input of %lld x "
                "%lld, found %zu",
                iou_metadata_quoted(output->name).text, cells, (long long)input[1],
                (long long)input[2], found);
    return IOU_OK;
}

/* Rows that are cells are as many as these, on each level that has outputs of its own. */
static iou_status check_grid(size_t rows, const iou_tensor *outputs, const iou_row_sides *sides,
                             const iou_rows_rule *rule, const int64_t input[3], iou_error *error) {
    size_t all = 0;
    for (size_t i = 0; i < rule->stride_count; i++) {
        const size_t cells = iou_grid_cells(rule, i, (float)input[1], (float)input[2]);
        all += cells;
        if (rule->levels > 1) {
            IOU_TRY(check_cells((size_t)sides[i].rows, cells, &outputs[i], input, error));
        }
    }
    return rule->stride_count > 0 ? check_cells(rows, all, &outputs[0], input, error) : IOU_OK;
}

/* ---- Levels ---------------------------------------------------------------------------------- */

/* Copies one part's rows of a level, for all pictures, behind those of the levels before. */
static void copy_level(float *out, const iou_row_values *joined, const iou_row_values *level,
                       size_t before, size_t rows, size_t pictures) {
    for (size_t image = 0; image < pictures; image++) {
        const float *from = iou_row_floats(level, image);
        float *to = out + image * joined->picture + before * joined->row;
        for (size_t row = 0; row < rows; row++) {
            for (size_t c = 0; c < joined->row; c++) {
                to[row * joined->row + c] = from[row * level->row + c * level->column];
            }
        }
    }
}

/* One part of all levels as one list. */
static iou_row_values join_part(float *out, iou_row_place place, const iou_tensor *outputs,
                                const iou_row_sides *sides, const iou_detector_params *params,
                                size_t rows, size_t pictures) {
    const size_t columns = (size_t)sides[place.output].columns;
    const iou_row_values joined = {
        .data = out, .type = IOU_FLOAT, .picture = rows * columns, .row = columns, .column = 1};
    size_t before = 0;
    for (size_t i = 0; i < params->rows.levels; i++, place.output++) {
        const iou_row_values level = place_values(&place, outputs, sides, &params->rows);
        const size_t own = (size_t)sides[place.output].rows;
        copy_level(out, &joined, &level, before, own, pictures);
        before += own;
    }
    return joined;
}

static iou_status join_levels(iou_row_outputs *taken, const iou_tensor *outputs,
                              const iou_row_sides *sides, const iou_detector_params *params,
                              size_t pictures, iou_buffer *memory, iou_error *error) {
    const iou_rows_rule *rule = &params->rows;
    size_t columns = 0; /* no more elements than the outputs have */
    for (int part = 0; part < IOU_ROW_PARTS; part++) {
        columns += rule->parts[part].there ? (size_t)sides[rule->parts[part].output].columns : 0;
    }
    IOU_TRY(iou_buffer_reserve(memory, pictures * taken->rows * columns, sizeof(float), error));
    float *out = memory->data;
    for (int part = 0; part < IOU_ROW_PARTS; part++) {
        if (rule->parts[part].there) {
            taken->parts[part] =
                join_part(out, rule->parts[part], outputs, sides, params, taken->rows, pictures);
            out += pictures * taken->parts[part].picture;
        }
    }
    return IOU_OK;
}

/* ---- Classes that compete ----------------------------------------------------------------------
 */

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
                                iou_row_scratch *scratch, iou_error *error) {
    const iou_rows_rule *rule = &params->rows;
    const size_t pictures = (size_t)input[0];
    iou_row_sides sides[IOU_ROW_OUTPUTS] = {{0, 0, 0}};
    for (size_t i = 0; i < rule->output_count; i++) {
        IOU_TRY(take_sides(&sides[i], &outputs[i], i, rule, input[0], error));
    }
    IOU_TRY(check_rows(&taken->rows, outputs, sides, rule, error));
    IOU_TRY(check_grid(taken->rows, outputs, sides, rule, input, error));
    for (int part = 0; part < IOU_ROW_PARTS; part++) {
        taken->parts[part] = place_values(&rule->parts[part], outputs, sides, rule);
    }
    taken->counts = place_values(&rule->counts, outputs, sides, rule);
    if (rule->levels > 1) {
        IOU_TRY(join_levels(taken, outputs, sides, params, pictures, &scratch->joined, error));
    }
    return rule->softmax
               ? compete(taken, pictures, params->channel_count, &scratch->probabilities, error)
               : IOU_OK;
}

void iou_row_scratch_release(iou_row_scratch *scratch) {
    iou_buffer_release(&scratch->joined);
    iou_buffer_release(&scratch->probabilities);
}

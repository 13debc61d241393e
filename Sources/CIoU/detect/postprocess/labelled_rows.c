/* Rows that have their class already: each is one pair of a candidate and a class. */
#include "detect/preprocess/picture_job.h"
#include "detect/postprocess/rank_key.h"

#include <math.h>

/* How many rows the picture has. */
static iou_status count_rows(size_t *count, const iou_row_outputs *rows, size_t image,
                             const iou_rows_rule *rule, iou_error *error) {
    *count = rows->rows;
    if (!rows->counts.data) {
        return IOU_OK;
    }
    const double found = iou_row_number(&rows->counts, image, 0);
    IOU_FAIL_IF(!(found >= 0.0 && found <= (double)rows->rows), IOU_BAD_METADATA, error,
                "output '%s': expected at most %zu rows of picture %zu, found %.0f",
                iou_metadata_quoted(rule->names[rule->counts.output]).text, rows->rows, image,
                found);
    *count = (size_t)found;
    return IOU_OK;
}

/* The class of a row's label; -1: the label is none of the classes'. */
static iou_status find_class(int32_t *found, const iou_row_outputs *rows, size_t image, size_t row,
                             const iou_detector_params *params, iou_error *error) {
    const double label = iou_row_number(&rows->parts[IOU_ROW_LABEL], image, row);
    const size_t output = params->rows.parts[IOU_ROW_LABEL].output;
    IOU_FAIL_IF(!(label >= 0.0 && label < (double)params->channel_count && floor(label) == label),
                IOU_BAD_METADATA, error,
                "output '%s': expected labels from 0 to %zu as iou.classes.channels says, found %g",
                iou_metadata_quoted(params->rows.names[output]).text, params->channel_count - 1,
                label);
    *found = params->channel_classes[(size_t)label];
    return IOU_OK;
}

static bool is_of_picture(const iou_row_outputs *rows, size_t image, size_t row) {
    const iou_row_values *pictures = &rows->parts[IOU_ROW_PICTURE];
    return !pictures->data || iou_row_number(pictures, 0, row) == (double)image;
}

/* The row becomes a candidate with one pair if its score passes and its box is finite. */
static iou_status add_row(iou_picture_job *job, const iou_row_outputs *rows, size_t image,
                          size_t row, iou_error *error) {
    const iou_detector_params *params = job->params;
    iou_candidate *candidate =
        (iou_candidate *)job->scratch->candidates.data + job->candidate_count;
    const double value = iou_row_number(&rows->parts[IOU_ROW_SCORE], image, row);
    const float score = iou_fusion_probability(&job->fusion, (float)value);
    int32_t found = -1;
    if (!is_of_picture(rows, image, row) || !iou_fusion_passes(&job->fusion, score)) {
        return IOU_OK;
    }
    IOU_TRY(find_class(&found, rows, image, row, params, error));
    if (found < 0 || !iou_row_box(candidate->box, &job->views[0], &params->rows, row)) {
        return IOU_OK;
    }
    if (!params->box.nms_in_network) {
        iou_return_box(candidate->box, job->letterbox);
    }
    candidate->iou = NAN;
    candidate->level = 0;
    candidate->anchor = (uint32_t)row;
    const size_t order = job->candidate_count++ * params->class_count + (size_t)found;
    uint64_t *pairs = job->scratch->pairs.data;
    pairs[job->pair_count++] = iou_rank_key(score, (uint32_t)order);
    return IOU_OK;
}

iou_status iou_choose_labelled(iou_picture_job *job, const iou_row_outputs *rows, size_t image,
                               iou_error *error) {
    size_t count;
    IOU_TRY(count_rows(&count, rows, image, &job->params->rows, error));
    IOU_FAIL_IF(count > UINT32_MAX / job->params->class_count, IOU_LIMIT, error,
                "detector: %zu rows of %zu classes are too many", count, job->params->class_count);
    IOU_TRY(iou_buffer_reserve(&job->scratch->candidates, count, sizeof(iou_candidate), error));
    IOU_TRY(iou_buffer_reserve(&job->scratch->pairs, count, sizeof(uint64_t), error));
    for (size_t row = 0; row < count; row++) {
        IOU_TRY(add_row(job, rows, image, row, error));
    }
    return IOU_OK;
}

#include "detect/graph_detections.h"

#include <math.h>
#include <string.h>

enum { BOXES = 0, SCORES = 1, LABELS = 2, COUNTS = 3, IOUS = 4 };

/* ---- Reading ------------------------------------------------------------------------------- */

static const char *read_name(iou_metadata_reader *reader, const char *key) {
    const iou_metadata_lines lines = iou_metadata_split(reader, key);
    if (lines.count != 1) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key, "expected one name, found %zu",
                            lines.count);
    }
    return lines.count == 1 ? lines.items[0] : "";
}

void iou_graph_outputs_read(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_graph_outputs *graph = &params->graph;
    graph->names[BOXES] = read_name(reader, "iou.outputs.boxes");
    graph->names[SCORES] = read_name(reader, "iou.outputs.scores");
    graph->names[LABELS] = read_name(reader, "iou.outputs.labels");
    graph->names[COUNTS] = read_name(reader, "iou.outputs.counts");
    graph->count = 4;
    params->settings.alpha = 1.0f;
    if (iou_metadata_has(reader, "iou.outputs.ious")) {
        graph->names[IOUS] = read_name(reader, "iou.outputs.ious");
        graph->count = 5;
        params->settings.alpha = iou_metadata_number(reader, "iou.alpha", 0.0f, 1.0f);
    } else {
        iou_metadata_absent(reader, "iou.alpha", "there is no iou.outputs.ious");
    }
    graph->sizes = read_name(reader, "iou.input.sizes");
    graph->scales = read_name(reader, "iou.input.scales");
    const int convention = iou_metadata_word(reader, "iou.boxes.convention", "edges inclusive");
    params->box.pixel = convention == 1 ? 1.0f : 0.0f;
    (void)iou_metadata_word(reader, "iou.boxes.scale", "factor");
    params->settings.max_detections =
        (int32_t)iou_metadata_integer(reader, "iou.detections.max", 1, INT32_MAX);
}

/* ---- Matching ------------------------------------------------------------------------------ */

static const char *const output_keys[] = {"iou.outputs.boxes", "iou.outputs.scores",
                                          "iou.outputs.labels", "iou.outputs.counts",
                                          "iou.outputs.ious"};
static const iou_type output_types[] = {IOU_FLOAT, IOU_FLOAT, IOU_INT64, IOU_INT64, IOU_FLOAT};
static const int32_t output_ranks[] = {3, 2, 2, 1, 2};

static iou_status match_named(const iou_value_info *values, size_t count, const char *key,
                              const char *name, iou_type type, int32_t rank, iou_error *error) {
    const iou_metadata_quote shown = iou_metadata_quoted(name);
    const iou_value_info *value = NULL;
    for (size_t i = 0; i < count && !value; i++) {
        value = values[i].name && strcmp(values[i].name, name) == 0 ? &values[i] : NULL;
    }
    IOU_FAIL_IF(!value, IOU_BAD_METADATA, error,
                "metadata key '%s': expected a name of the graph, found '%s'", key, shown.text);
    IOU_FAIL_IF(value->type != type && value->type != IOU_TYPE_UNDEFINED, IOU_BAD_METADATA, error,
                "metadata key '%s': expected '%s' as %s, found %s", key, shown.text,
                iou_type_name(type), iou_type_name(value->type));
    IOU_FAIL_IF(value->rank != rank && value->rank != -1, IOU_BAD_METADATA, error,
                "metadata key '%s': expected '%s' with rank %d, found rank %d", key, shown.text,
                (int)rank, (int)value->rank);
    return IOU_OK;
}

iou_status iou_graph_outputs_match(const iou_detector_params *params, const iou_value_info *inputs,
                                   size_t input_count, const iou_value_info *outputs,
                                   size_t output_count, iou_error *error) {
    const iou_graph_outputs *graph = &params->graph;
    for (size_t i = 0; i < graph->count; i++) {
        IOU_TRY(match_named(outputs, output_count, output_keys[i], graph->names[i], output_types[i],
                            output_ranks[i], error));
    }
    IOU_TRY(match_named(inputs, input_count, "iou.input.sizes", graph->sizes, IOU_FLOAT, 2, error));
    IOU_TRY(
        match_named(inputs, input_count, "iou.input.scales", graph->scales, IOU_FLOAT, 1, error));
    IOU_FAIL_IF(
        input_count != 3 || strcmp(graph->sizes, graph->scales) == 0 ||
            strcmp(graph->sizes, params->input.name) == 0 ||
            strcmp(graph->scales, params->input.name) == 0,
        IOU_BAD_METADATA, error,
        "metadata key 'iou.input.sizes': expected pictures, sizes and scales as the graph's "
        "three inputs, found %zu inputs",
        input_count);
    return IOU_OK;
}

/* ---- Running ------------------------------------------------------------------------------- */

iou_status iou_graph_inputs_fill(const iou_detector_params *params, const iou_tensor *images,
                                 const iou_letterbox *letterboxes, size_t count,
                                 iou_buffer *sizes_and_scales, iou_tensor inputs[2],
                                 iou_error *error) {
    const int64_t batch = images->dims[0];
    const size_t rows = (size_t)batch;
    IOU_TRY(iou_buffer_reserve(sizes_and_scales, 3 * rows, sizeof(float), error));
    float *sizes = sizes_and_scales->data, *scales = sizes + 2 * rows;
    for (size_t i = 0; i < rows; i++) {
        const bool there = i < count;
        sizes[2 * i] = there ? (float)letterboxes[i].height : 1.0f;
        sizes[2 * i + 1] = there ? (float)letterboxes[i].width : 1.0f;
        scales[i] = there ? letterboxes[i].scale_x : 1.0f;
    }
    inputs[0] = (iou_tensor){.name = params->graph.sizes,
                             .type = IOU_FLOAT,
                             .rank = 2,
                             .dims = {batch, 2},
                             .data = sizes,
                             .size = 2 * rows * sizeof(float)};
    inputs[1] = (iou_tensor){.name = params->graph.scales,
                             .type = IOU_FLOAT,
                             .rank = 1,
                             .dims = {batch},
                             .data = scales,
                             .size = rows * sizeof(float)};
    return IOU_OK;
}

static iou_status check_output(const iou_tensor *output, size_t index, int64_t rows,
                               int64_t columns, iou_error *error) {
    const int64_t expected[3] = {rows, columns, 4};
    bool same = output->type == output_types[index] && output->rank == output_ranks[index];
    for (int32_t i = 0; same && i < output->rank; i++) {
        same = output->dims[i] == expected[i];
    }
    IOU_FAIL_IF(!same, IOU_BAD_METADATA, error,
                "output '%s': expected %s of rank %d for %lld pictures with %lld detections each, "
                "found %s of rank %d: %lld x %lld x %lld",
                iou_metadata_quoted(output->name).text, iou_type_name(output_types[index]),
                (int)output_ranks[index], (long long)rows, (long long)columns,
                iou_type_name(output->type), (int)output->rank, (long long)output->dims[0],
                (long long)output->dims[1], (long long)output->dims[2]);
    return IOU_OK;
}

/* p from S = p^alpha * q^(1 - alpha); NaN where p has no part in S. */
static float probability_of(float score, float quality, float alpha) {
    if (alpha == 1.0f) {
        return score;
    }
    if (alpha == 0.0f) {
        return NAN;
    }
    const double base = (double)score / pow((double)quality, 1.0 - (double)alpha);
    const double p = pow(base, 1.0 / (double)alpha);
    return p > 1.0 ? 1.0f : (float)p; /* NaN of S = q = 0, which any p makes */
}

static iou_status take_picture(const iou_tensor *outputs, size_t image,
                               const iou_detector_params *params, const iou_graph_batch *batch,
                               iou_error *error) {
    const size_t columns = (size_t)params->settings.max_detections, first = image * columns;
    const int64_t found = ((const int64_t *)outputs[COUNTS].data)[image];
    IOU_FAIL_IF(found < 0 || found > (int64_t)columns, IOU_BAD_METADATA, error,
                "output '%s': expected at most %zu detections of picture %zu, found %lld",
                iou_metadata_quoted(outputs[COUNTS].name).text, columns, image, (long long)found);
    const size_t count = found < batch->limit ? (size_t)found : (size_t)batch->limit;
    iou_detection *out = batch->out + image * batch->capacity;
    for (size_t i = 0; i < count; i++) {
        const int64_t label = ((const int64_t *)outputs[LABELS].data)[first + i];
        const float score = ((const float *)outputs[SCORES].data)[first + i];
        const bool predicts = params->graph.count > IOUS;
        const float iou = predicts ? ((const float *)outputs[IOUS].data)[first + i] : NAN;
        IOU_FAIL_IF(label < 0 || label >= (int64_t)params->class_count, IOU_BAD_METADATA, error,
                    "output '%s': expected classes from 0 to %zu, found %lld",
                    iou_metadata_quoted(outputs[LABELS].name).text, params->class_count - 1,
                    (long long)label);
        out[i] = (iou_detection){.score = score,
                                 .probability = probability_of(score, iou, params->settings.alpha),
                                 .iou = iou,
                                 .label = (int32_t)label};
        memcpy(out[i].box, (const float *)outputs[BOXES].data + (first + i) * 4, sizeof out[i].box);
    }
    batch->counts[image] = count;
    return IOU_OK;
}

iou_status iou_graph_detections_run(const iou_half_border *border,
                                    const iou_detector_params *params, const iou_graph_batch *batch,
                                    iou_buffer *sizes_and_scales, const iou_run_options *options,
                                    iou_error *error) {
    const iou_graph_outputs *graph = &params->graph;
    const int64_t rows = batch->images.dims[0];
    iou_tensor inputs[3] = {batch->images};
    IOU_TRY(iou_graph_inputs_fill(params, &batch->images, batch->letterboxes, batch->count,
                                  sizes_and_scales, &inputs[1], error));
    iou_tensor outputs[IOU_GRAPH_OUTPUTS] = {{.name = NULL}};
    for (size_t i = 0; i < graph->count; i++) {
        outputs[i].name = graph->names[i];
    }
    IOU_TRY(iou_half_border_run(border, inputs, 3, outputs, graph->count, options, error));
    for (size_t i = 0; i < graph->count; i++) {
        IOU_TRY(check_output(&outputs[i], i, rows, params->settings.max_detections, error));
    }
    for (size_t i = 0; i < batch->count; i++) {
        IOU_TRY(take_picture(outputs, i, params, batch, error));
    }
    return IOU_OK;
}

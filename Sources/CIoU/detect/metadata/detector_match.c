#include "detect/graph_detections.h"

#include <string.h>

static const iou_value_info *find_value(const iou_value_info *values, size_t count,
                                        const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (values[i].name && strcmp(values[i].name, name) == 0) {
            return &values[i];
        }
    }
    return NULL;
}

/* A float32 value of `rank` whose dimension `axis` is `channels`, as far as the model says. */
static iou_status match_value(const iou_value_info *value, const char *key, const char *name,
                              int32_t rank, int axis, size_t channels, iou_error *error) {
    const iou_metadata_quote shown = iou_metadata_quoted(name);
    IOU_FAIL_IF(!value, IOU_BAD_METADATA, error,
                "metadata key '%s': expected a name of the graph, found '%s'", key, shown.text);
    IOU_FAIL_IF(value->type != IOU_FLOAT && value->type != IOU_TYPE_UNDEFINED, IOU_BAD_METADATA,
                error, "metadata key '%s': expected '%s' as float32, found %s", key, shown.text,
                iou_type_name(value->type));
    IOU_FAIL_IF(value->rank != rank && value->rank != -1, IOU_BAD_METADATA, error,
                "metadata key '%s': expected '%s' with rank %d, found rank %d", key, shown.text,
                (int)rank, (int)value->rank);
    const int64_t found = value->rank == rank ? value->dims[axis] : -1;
    IOU_FAIL_IF(found >= 0 && found != (int64_t)channels, IOU_BAD_METADATA, error,
                "metadata key '%s': expected '%s' with %zu channels, found %lld", key, shown.text,
                channels, (long long)found);
    return IOU_OK;
}

typedef struct output_group {
    const char *key;
    const char **names;
    size_t channels;
} output_group;

static iou_status check_unique(const output_group *groups, size_t group, size_t levels,
                               size_t level, iou_error *error) {
    const char *name = groups[group].names[level];
    for (size_t g = 0; g <= group; g++) {
        for (size_t i = 0; groups[g].names && i < (g < group ? levels : level); i++) {
            IOU_FAIL_IF(strcmp(groups[g].names[i], name) == 0, IOU_BAD_METADATA, error,
                        "metadata key '%s': expected every output once, found '%s' again",
                        groups[group].key, iou_metadata_quoted(name).text);
        }
    }
    return IOU_OK;
}

/* `takes_places`: the graph's other inputs say where the pictures are. Where outputs are rows, the
 * input may be one picture, without a batch. */
static iou_status match_input(const iou_detector_params *params, bool takes_places,
                              const iou_value_info *inputs, size_t count, iou_error *error) {
    const char *key = "iou.input.name";
    const iou_input_rule *rule = &params->input;
    const iou_value_info *input = find_value(inputs, count, rule->name);
    const bool single = iou_rows_are_listed(&params->rows) && input && input->rank == 3;
    const int32_t rank = single ? 3 : 4;
    IOU_TRY(match_value(input, key, rule->name, rank, rule->channels_last ? rank - 1 : rank - 3, 3,
                        error));
    IOU_FAIL_IF(count != 1 && !takes_places, IOU_BAD_METADATA, error,
                "metadata key '%s': expected the graph's only input, found %zu inputs", key, count);
    for (int i = 0; iou_input_is_exact(rule) && input->rank == rank && i < 2; i++) {
        const int64_t found = input->dims[(rule->channels_last ? rank - 3 : rank - 2) + i];
        IOU_FAIL_IF(found >= 0 && found != rule->resize_sides[i], IOU_BAD_METADATA, error,
                    "metadata key 'iou.input.resize': expected the input's %s %lld, found %lld",
                    i == 0 ? "height" : "width", (long long)found,
                    (long long)rule->resize_sides[i]);
    }
    return IOU_OK;
}

iou_status iou_detector_params_match(const iou_detector_params *params,
                                     const iou_value_info *inputs, size_t input_count,
                                     const iou_value_info *outputs, size_t output_count,
                                     iou_error *error) {
    if (params->graph.count > 0) {
        IOU_TRY(iou_graph_outputs_match(params, inputs, input_count, outputs, output_count, error));
        return match_input(params, true, inputs, input_count, error);
    }
    if (iou_rows_are_listed(&params->rows)) {
        IOU_TRY(iou_rows_match(&params->rows, outputs, output_count, error));
        return match_input(params, false, inputs, input_count, error);
    }
    const output_group groups[] = {
        {"iou.outputs.cls", params->cls_names, params->anchor_count * params->channel_count},
        {"iou.outputs.box", params->box_names, params->anchor_count * 4},
        {"iou.outputs.iou", params->iou_names, params->anchor_count},
        {"iou.outputs.objectness", params->objectness_names, params->anchor_count},
    };
    const int axis = params->channels_last ? 3 : 1;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (size_t i = 0; groups[g].names && i < params->level_count; i++) {
            const char *name = groups[g].names[i];
            IOU_TRY(check_unique(groups, g, params->level_count, i, error));
            IOU_TRY(match_value(find_value(outputs, output_count, name), groups[g].key, name, 4,
                                axis, groups[g].channels, error));
        }
    }
    return match_input(params, false, inputs, input_count, error);
}

#include "detect/network_outputs.h"

size_t iou_network_outputs_name(iou_tensor outputs[IOU_NETWORK_OUTPUTS],
                                const iou_detector_params *params) {
    const iou_rows_rule *rows = &params->rows;
    for (size_t i = 0; i < rows->output_count; i++) {
        outputs[i] = (iou_tensor){.name = rows->names[i]};
    }
    if (iou_rows_are_listed(rows)) {
        return rows->output_count;
    }
    const char **const groups[IOU_MAP_KINDS] = {params->cls_names, params->box_names,
                                                params->iou_names, params->objectness_names};
    size_t count = 0;
    for (size_t g = 0; g < IOU_MAP_KINDS; g++) {
        for (size_t i = 0; groups[g] && i < params->level_count; i++) {
            outputs[count++] = (iou_tensor){.name = groups[g][i]};
        }
    }
    return count;
}

static iou_status check_map(const iou_tensor *map, const iou_detector_params *params,
                            const int64_t sizes[3], size_t channels, iou_error *error) {
    const int64_t expected[4] = {sizes[0], params->channels_last ? sizes[1] : (int64_t)channels,
                                 params->channels_last ? sizes[2] : sizes[1],
                                 params->channels_last ? (int64_t)channels : sizes[2]};
    bool same = map->type == IOU_FLOAT && map->rank == 4 && map->data;
    for (int i = 0; same && i < 4; i++) {
        same = map->dims[i] == expected[i];
    }
    IOU_FAIL_IF(!same, IOU_BAD_METADATA, error,
                "output '%s': expected float32 %lld x %lld x %lld x %lld as the metadata says, "
                "found %s of rank %d: %lld x %lld x %lld x %lld",
                iou_metadata_quoted(map->name).text, (long long)expected[0], (long long)expected[1],
                (long long)expected[2], (long long)expected[3], iou_type_name(map->type),
                (int)map->rank, (long long)map->dims[0], (long long)map->dims[1],
                (long long)map->dims[2], (long long)map->dims[3]);
    return IOU_OK;
}

/* The class map decides a level's size; the others have to agree. */
static iou_status take_level(iou_heads *heads, size_t level, const iou_tensor *outputs,
                             const iou_detector_params *params, iou_error *error) {
    const size_t levels = params->level_count, anchors = params->anchor_count;
    const iou_tensor *cls = &outputs[level], *box = cls + levels;
    const iou_tensor *next = box + levels;
    const iou_tensor *iou = params->iou_names ? next : NULL;
    next += params->iou_names ? levels : 0;
    const iou_tensor *objectness = params->objectness_names ? next : NULL;
    const int row = params->channels_last ? 1 : 2;
    const int64_t sizes[3] = {heads->batch, cls->dims[row], cls->dims[row + 1]};
    IOU_TRY(check_map(cls, params, sizes, anchors * params->channel_count, error));
    IOU_TRY(check_map(box, params, sizes, anchors * 4, error));
    if (iou) {
        IOU_TRY(check_map(iou, params, sizes, anchors, error));
    }
    if (objectness) {
        IOU_TRY(check_map(objectness, params, sizes, anchors, error));
    }
    heads->levels[level] = (iou_head_level){.height = sizes[1],
                                            .width = sizes[2],
                                            .cls = cls->data,
                                            .box = box->data,
                                            .iou = iou ? iou->data : NULL,
                                            .objectness = objectness ? objectness->data : NULL};
    return IOU_OK;
}

iou_status iou_network_outputs_take(iou_heads *heads, const iou_tensor *outputs,
                                    const iou_detector_params *params, iou_row_scratch *scratch,
                                    iou_error *error) {
    if (iou_rows_are_listed(&params->rows)) {
        const int64_t sides[3] = {heads->batch, heads->height, heads->width};
        return iou_row_outputs_take(&heads->rows, outputs, params, sides, scratch, error);
    }
    for (size_t i = 0; i < params->level_count; i++) {
        IOU_TRY(take_level(heads, i, outputs, params, error));
    }
    return IOU_OK;
}

#include "ops/norm/flat_axis.h"

void iou_flat_axis_parse(const iou_parse *parse, iou_flat_axis *axis) {
    axis->flat = parse->node->opset < 13;
    axis->given = iou_attribute_present(parse->node, "axis");
    axis->axis = iou_attribute_int(parse->node, "axis", axis->flat ? 1 : -1);
}

int64_t iou_flat_axis_of(const iou_flat_axis *axis, int rank) {
    return axis->flat && !axis->given && rank < 2 ? 0 : axis->axis;
}

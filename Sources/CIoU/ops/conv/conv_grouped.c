/* A task of a convolution in narrow groups: some pixels by some panels. */
#include "ops/conv/conv.h"

iou_status iou_conv_run_grouped(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, call, task_index);
    const size_t out_channels = (size_t)plan->shape.out_channels;
    const iou_grouped_tile tile = {
        .a = iou_conv_rows(plan, call, &task),
        .a_stride = task.rows,
        .rows = task.rows,
        .taps = plan->taps,
        .line = plan->slides ? (size_t)plan->shape.out[2] : 0,
        .group_in = plan->channels,
        .group_out = plan->columns,
        .panel = task.panel,
        .panels = task.panels,
        .panel_groups = plan->panel_groups,
        .in_channels = (size_t)plan->shape.in_channels,
        .out_channels = out_channels,
        .index = plan->lanes,
        .weights = iou_conv_panels(plan, call, &task),
        .c = task.out,
        .residual = iou_conv_residual_rows(plan, call, &task),
        .lo = plan->lo,
        .hi = plan->hi,
    };
    plan->kernels.grouped->run(&tile);
    const size_t panel = plan->panel_groups * plan->columns, first = task.panel * panel;
    const size_t left = out_channels - first, most = task.panels * panel;
    iou_conv_finish(plan, call, task.row, task.rows, first, left < most ? left : most,
                    tile.c + first);
    return IOU_OK;
}

/* Narrow groups: a vector of output channels is a panel, of as many whole groups as fit. */
#include "ops/conv/conv.h"

#include "core/sizes.h"

#include <string.h>

enum { MOST_INPUTS = 64 }; /* channels of a group narrower than a vector */

/* How many groups share a vector of `lanes`; 1 where they cannot. */
static size_t groups_of(const iou_conv_shape *shape, size_t lanes) {
    const size_t in = (size_t)(shape->in_channels / shape->group);
    const size_t out = (size_t)(shape->out_channels / shape->group);
    const size_t groups = iou_size_max(1, lanes / out);
    return in <= lanes / groups ? groups : 1;
}

/* Whether each tap of a line sees the pixels of the one before a pixel further. */
static bool slides_over_lines(const iou_conv_shape *shape) {
    return shape->kernel[2] == IOU_GROUPED_SLIDE && shape->stride[2] == 1 &&
           shape->dilation[2] == 1 && shape->out[2] >= IOU_GROUPED_LINE &&
           shape->out[2] <= IOU_CONV_LONGEST_LINE;
}

/* Whether the grouped kernels beat a matrix product per group. */
static bool suits(const iou_conv_request *request) {
    const iou_conv_shape *s = request->shape;
    const size_t lanes = request->kernels->grouped->lanes;
    const size_t in = (size_t)(s->in_channels / s->group);
    const size_t out = (size_t)(s->out_channels / s->group);
    return request->type == IOU_FLOAT && s->group > 1 &&
           (groups_of(s, lanes) > 1 || (out <= lanes && in <= MOST_INPUTS && slides_over_lines(s)));
}

static void partition(iou_conv_plan *plan, size_t threads) {
    (void)threads;
    const iou_conv_shape *s = &plan->shape;
    iou_conv_grouped *own = &plan->own.grouped;
    own->panel_groups = groups_of(s, plan->kernels.grouped->lanes);
    own->slides = slides_over_lines(s);
    plan->panels = iou_divide_up((size_t)s->group, own->panel_groups);
    plan->panel_size = (plan->depth + 1) * plan->kernels.grouped->lanes;
    iou_conv_partition_thin(&plan->blocks, plan->rows,
                            own->slides ? (size_t)s->out[2] : IOU_GROUPED_BLOCK, plan->panels);
}

/* ---- Weights ------------------------------------------------------------------------------- */

/* The input channel of its group that lane `lane` of a panel takes in step `step`. */
static size_t lane_channel(const iou_conv_plan *plan, size_t lane, size_t step) {
    const size_t begin = plan->own.grouped.panel_groups > 1 ? lane % plan->columns : 0;
    return (begin + step) % plan->channels;
}

/* What lane l of step k takes: input channel lanes[k * lanes + l] from the panel's first on. */
static iou_status tables(iou_conv_plan *plan, const iou_prepare *prepare) {
    const size_t lanes = plan->kernels.grouped->lanes,
                 used = plan->own.grouped.panel_groups * plan->columns;
    int32_t *table = iou_prepare_alloc(prepare, plan->channels * lanes * sizeof *table);
    if (table == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "out of memory");
    }
    for (size_t k = 0; k < plan->channels; k++) {
        for (size_t lane = 0; lane < used; lane++) {
            const size_t first = lane / plan->columns * plan->channels;
            table[k * lanes + lane] = (int32_t)(first + lane_channel(plan, lane, k));
        }
    }
    plan->own.grouped.lanes = table;
    return IOU_OK;
}

/* One panel, of one group or several: [bias][tap][channel][lane]. */
static void conv_pack_grouped(const iou_conv_plan *plan, const iou_conv_source *source,
                              size_t channel, size_t count, float *panel) {
    const size_t lanes = plan->kernels.grouped->lanes;
    float *b = panel + lanes;
    memset(panel, 0, plan->panel_size * sizeof *panel);
    for (size_t j = 0; j < count; j++) {
        panel[j] = iou_conv_bias(source, channel + j);
        for (size_t k = 0; k < plan->depth; k++) {
            const size_t c = lane_channel(plan, j, k % plan->channels);
            b[k * lanes + j] = iou_conv_weight(plan, source, channel + j, c, k / plan->channels);
        }
    }
}

static void pack(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                 size_t count, size_t origin, float *memory) {
    const size_t most = plan->own.grouped.panel_groups * plan->columns;
    for (size_t i = first; i < first + count; i++) {
        const size_t channel = i * most, left = (size_t)plan->shape.out_channels - channel;
        conv_pack_grouped(plan, source, channel, iou_size_min(left, most),
                          memory + (i - origin) * plan->panel_size);
    }
}

/* ---- Run ----------------------------------------------------------------------------------- */

static iou_status run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, call, task_index);
    const size_t out_channels = (size_t)plan->shape.out_channels;
    const iou_grouped_tile tile = {
        .a = iou_conv_rows(plan, call, &task),
        .a_stride = task.rows,
        .rows = task.rows,
        .taps = plan->taps,
        .line = plan->own.grouped.slides ? (size_t)plan->shape.out[2] : 0,
        .group_in = plan->channels,
        .group_out = plan->columns,
        .panel = task.panel,
        .panels = task.panels,
        .panel_groups = plan->own.grouped.panel_groups,
        .in_channels = (size_t)plan->shape.in_channels,
        .out_channels = out_channels,
        .index = plan->own.grouped.lanes,
        .weights = iou_conv_panels(plan, call, &task),
        .c = task.out,
        .c_stride = plan->out_pitch,
        .residual = iou_conv_residual_rows(plan, call, &task),
        .lo = plan->lo,
        .hi = plan->hi,
    };
    plan->kernels.grouped->run(&tile);
    const size_t panel = plan->own.grouped.panel_groups * plan->columns, first = task.panel * panel;
    const size_t left = out_channels - first, most = task.panels * panel;
    iou_conv_finish(plan, call, task.row, task.rows, first, iou_size_min(left, most),
                    tile.c + first);
    return IOU_OK;
}

const iou_conv_algorithm iou_conv_grouped_algorithm = {
    .name = "grouped",
    .suits = suits,
    .partition = partition,
    .tables = tables,
    .packed = iou_conv_product_packed,
    .pack = pack,
    .scratch = iou_conv_product_scratch,
    .run = run,
};

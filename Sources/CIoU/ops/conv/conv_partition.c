/* How a convolution is partitioned into tasks, and its sums into steps. */
#include "ops/conv/conv.h"

#include <math.h>

enum {
    TASKS = 32,      /* to aim at: enough to balance a few threads */
    LEAST_UNITS = 2, /* of rows in a task that is cut to reach TASKS */
    MOST_PANELS = 32 /* of a task */
};

void iou_conv_partition(iou_conv_blocks *blocks, size_t rows, size_t unit, size_t most,
                        size_t panels) {
    const size_t units = iou_size_max(1, iou_divide_up(rows, unit));
    size_t row_blocks = iou_divide_up(units, most);
    size_t panel_blocks = iou_divide_up(panels, MOST_PANELS);
    /* Small maps: cut the channels first, since all tasks then read the same few pixels. */
    if (row_blocks < TASKS) {
        const size_t target = iou_divide_up(TASKS, row_blocks);
        panel_blocks = iou_size_max(panel_blocks, iou_size_min(panels, target));
    }
    if (row_blocks * panel_blocks < TASKS) {
        const size_t target = iou_divide_up(TASKS, panel_blocks);
        row_blocks =
            iou_size_max(row_blocks, iou_size_min(iou_divide_up(units, LEAST_UNITS), target));
    }
    blocks->rows = iou_divide_up(units, row_blocks) * unit;
    blocks->row_blocks = iou_size_max(1, iou_divide_up(rows, blocks->rows));
    blocks->panels = iou_divide_up(panels, panel_blocks);
    blocks->panel_blocks = iou_divide_up(panels, blocks->panels);
}

void iou_conv_partition_thin(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels) {
    enum { ROWS = 128, FEW = 8 };
    const size_t most = iou_size_max(1, ROWS / line);
    iou_conv_partition(blocks, rows, line, most, 1);
    if (blocks->row_blocks < FEW) {
        iou_conv_partition(blocks, rows, line, most, panels);
    } else {
        blocks->panels = panels; /* pointing at rows costs as much as 64 channels: point once */
    }
}

int64_t iou_conv_lines_under(const iou_conv_shape *shape, int64_t lines) {
    const int64_t reach = (shape->kernel[1] - 1) * shape->dilation[1] + 1;
    const int64_t all = (lines - 1) * shape->stride[1] + reach;
    return all < shape->in[1] ? all : shape->in[1];
}

size_t iou_conv_partition_groups(iou_conv_blocks *blocks, const iou_conv_shape *shape,
                                 size_t group_panels, iou_caches caches) {
    enum { ROWS = 384 }; /* pixels of the output */
    const size_t region = iou_caches_floats(caches, 1, 16);
    const size_t height = (size_t)shape->out[1], width = (size_t)shape->out[2];
    const size_t groups = (size_t)shape->group, copied = iou_conv_copied_groups(shape);
    const size_t channels = (size_t)shape->in_channels / groups * copied;
    size_t lines = iou_size_max(1, iou_size_min(height, ROWS / width));
    while (lines > 1 &&
           (size_t)(iou_conv_lines_under(shape, (int64_t)lines) * shape->in[2]) * channels >
               region) {
        lines--;
    }
    const size_t cuts = iou_divide_up(height, lines);
    lines = iou_divide_up(height, cuts);
    blocks->rows = lines * width;
    blocks->row_blocks = iou_divide_up(height, lines) * (size_t)shape->batch;
    const size_t target = iou_divide_up(TASKS, blocks->row_blocks);
    const size_t batches = iou_divide_up(groups, copied);
    blocks->panels = iou_divide_up(batches, iou_size_min(target, batches)) * copied * group_panels;
    blocks->panel_blocks = iou_divide_up(groups * group_panels, blocks->panels);
    return (size_t)iou_conv_lines_under(shape, (int64_t)lines);
}

void iou_conv_partition_lines(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels) {
    enum { TARGET = 16, FEW = 8 }; /* neighbouring lines share what they read */
    const size_t lines = iou_size_max(1, rows / iou_size_max(1, line));
    const size_t row_blocks = iou_size_min(lines, TARGET);
    const size_t panel_blocks = lines < FEW ? iou_size_min(panels, iou_divide_up(FEW, lines)) : 1;
    blocks->rows = iou_divide_up(lines, row_blocks) * line;
    blocks->row_blocks = iou_size_max(1, iou_divide_up(rows, iou_size_max(1, blocks->rows)));
    blocks->panels = iou_divide_up(panels, panel_blocks);
    blocks->panel_blocks = iou_divide_up(panels, blocks->panels);
}

/* Panels that stay in the second cache take few rows at a time, if the output does not stay in it:
 * the output and the residual are then passed in the order of memory. */
void iou_conv_partition_rows(iou_conv_plan *plan) {
    enum { MANY_PANELS = 16, UNITS = 2 };
    iou_conv_blocks *blocks = &plan->blocks;
    const bool near = plan->shape.group == 1 && blocks->panels >= MANY_PANELS &&
                      blocks->panels * plan->panel_size <= iou_caches_floats(plan->caches, 5, 16);
    const bool far = plan->rows * plan->columns > iou_caches_floats(plan->caches, 4, 1);
    blocks->rows_at_once =
        near && far ? UNITS * plan->kernels.gemm->rows : iou_size_max(1, blocks->rows);
}

static void cut_tiles(const iou_conv_plan *plan, size_t row_blocks, size_t panel_blocks,
                      iou_conv_blocks *blocks) {
    blocks->rows = iou_size_max(1, iou_divide_up(plan->rows, row_blocks));
    blocks->row_blocks = iou_size_max(1, iou_divide_up(plan->rows, blocks->rows));
    blocks->panels = iou_divide_up(plan->panels, panel_blocks);
    blocks->panel_blocks = iou_divide_up(plan->panels, blocks->panels);
}

/* Multiplications of the thread that has the most tasks, per position of a tile. To bring the
 * filters of a task from memory takes as long as to multiply some tiles with them. */
static double tiles_cost(const iou_conv_plan *plan, const iou_conv_blocks *blocks, size_t threads) {
    enum { FETCHED = 5 };
    const double in = (double)plan->channels, rows = (double)blocks->rows;
    const double out = (double)(blocks->panels * plan->kernels.gemm->columns);
    const size_t rounds = iou_divide_up(blocks->row_blocks * blocks->panel_blocks, threads);
    return (double)rounds * ((rows + (double)FETCHED) * in * out +
                             (double)IOU_WINOGRAD_TRANSFORM * rows * (in + out));
}

void iou_conv_partition_tiles(iou_conv_plan *plan, size_t threads) {
    enum { MOST = 72, MOST_CUTS = 8 };
    const size_t least = iou_size_max(1, iou_divide_up(plan->rows, MOST));
    double best = INFINITY;
    for (size_t cuts = 1; cuts <= iou_size_min(plan->panels, MOST_CUTS); cuts++) {
        for (size_t row_blocks = least; row_blocks <= least + 2 * threads; row_blocks++) {
            iou_conv_blocks blocks = plan->blocks;
            cut_tiles(plan, row_blocks, cuts, &blocks);
            const double cost = tiles_cost(plan, &blocks, threads);
            if (cost < best) {
                best = cost;
                plan->blocks = blocks;
            }
        }
    }
}

void iou_conv_partition_sum(iou_conv_blocks *blocks, size_t taps, size_t channels, size_t columns,
                            iou_caches caches) {
    const size_t most = iou_size_max(1, caches.first / sizeof(float) / columns);
    blocks->taps = iou_size_max(1, iou_size_min(taps, most / iou_size_max(1, channels)));
    blocks->tap_blocks = iou_divide_up(taps, blocks->taps);
    blocks->taps = iou_divide_up(taps, blocks->tap_blocks);
    blocks->channel_blocks = iou_size_max(1, iou_divide_up(channels, most + most / 4));
    blocks->channels = iou_divide_up(channels, blocks->channel_blocks);
}

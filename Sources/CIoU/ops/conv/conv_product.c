/*
 * A convolution as a matrix product over row pointers: what gemm, igemm and im2col share, and most
 * of what a group GEMM does.
 */
#include "ops/conv/conv.h"

#include "core/sizes.h"

#include <string.h>

/* A task of so few panels spends much of its time waiting for the image; ask for it early. So does
 * a group, whose channels are short runs of the image. */
enum { FEW_PANELS = 8 };

/* What a task's tiles read. */
typedef struct conv_operands {
    const float *const *pointers;  /* [tap][row of the task] */
    const float *const *residuals; /* or NULL */
    const float *panels;           /* of the task */
} conv_operands;

/* One step of the sum of some of a task's rows. */
typedef struct conv_step {
    size_t row, rows;
    size_t tap, taps, channel, channels;
    bool first, last, cold; /* cold: nothing has read the rows yet */
} conv_step;

/* Prefetches the rows of the next tile while this one is computed. */
static void conv_prefetch(const iou_gemm_tile *tile, const float *const *rows, size_t count) {
    enum { LINE = 64 / sizeof(float) };
    for (size_t tap = 0; tap < tile->taps; tap++) {
        for (size_t i = 0; i < count; i++) {
            const float *row = rows[tap * tile->a_stride + i] + tile->a_offset;
            for (size_t k = 0; k < tile->depth; k += LINE) {
                __builtin_prefetch(row + k, 0, 3);
            }
        }
    }
}

/* The step's rows by one panel; `tile` holds what they share. */
static void conv_rows(const iou_conv_plan *plan, const iou_conv_task *task,
                      const conv_operands *operands, const conv_step *step, iou_gemm_tile *tile,
                      bool cold) {
    size_t most;
    const iou_gemm_kernel *kernels = iou_gemm_for_columns(plan->kernels.gemm, tile->columns, &most);
    const float *const *a = tile->a;
    float *const c = tile->c;
    const size_t tiles = iou_divide_up(step->rows, most), end = step->row + step->rows;
    const size_t part =
        iou_gemm_prefetch_panel(tile, plan->kernels.gemm->columns, plan->panel_size, tiles);
    for (size_t i = 0, row = step->row; i < tiles; i++, tile->prefetch += part) {
        const size_t rows = (end - row + tiles - i - 1) / (tiles - i);
        tile->a = a + row;
        tile->c = c + row * tile->c_stride;
        tile->residual = operands->residuals != NULL ? operands->residuals + row : NULL;
        if (cold && row + rows < task->rows) {
            const size_t left = task->rows - row - rows;
            conv_prefetch(tile, tile->a + rows, iou_size_min(left, most));
        }
        kernels[rows](tile);
        row += rows;
    }
}

/* One step of the sum of panels [panel, panel + count) of the task, which are of one group. */
static void conv_panels(const iou_conv_plan *plan, const iou_conv_task *task,
                        const conv_operands *operands, const conv_step *step, size_t panel,
                        size_t count) {
    const size_t columns = plan->kernels.gemm->columns;
    const size_t group = (task->panel + panel) / plan->group_panels;
    iou_gemm_tile tile = {
        .a_stride = task->rows,
        .a_offset = group * plan->channels + step->channel,
        .taps = step->taps,
        .depth = step->channels,
        .c_stride = plan->out_pitch,
        .first = step->first,
        .last = step->last,
        .lo = plan->lo,
        .hi = plan->hi,
    };
    for (size_t i = panel; i < panel + count; i++) {
        const float *b = operands->panels + i * plan->panel_size;
        const size_t column = (task->panel + i) % plan->group_panels * columns;
        const size_t left = plan->columns - column;
        tile.a = operands->pointers + step->tap * task->rows;
        tile.bias = b;
        tile.b = b + columns + (step->tap * plan->sum_channels + step->channel) * columns;
        tile.residual_offset = group * plan->columns + column;
        tile.c = task->out + tile.residual_offset;
        tile.columns = iou_size_min(left, columns);
        conv_rows(plan, task, operands, step, &tile, step->cold && i == panel);
    }
}

/* All of the sum of `rows` rows from `row` on by such panels. */
static void conv_sum(const iou_conv_plan *plan, const iou_conv_task *task,
                     const conv_operands *operands, size_t row, size_t rows, size_t panel,
                     size_t count) {
    const iou_conv_blocks *blocks = &plan->blocks;
    for (size_t i = 0; i < blocks->tap_blocks * blocks->channel_blocks; i++) {
        conv_step step = {.row = row,
                          .rows = rows,
                          .tap = i / blocks->channel_blocks * blocks->taps,
                          .channel = i % blocks->channel_blocks * blocks->channels};
        const size_t taps = plan->sum_taps - step.tap;
        const size_t channels = plan->sum_channels - step.channel;
        step.taps = iou_size_min(taps, blocks->taps);
        step.channels = iou_size_min(channels, blocks->channels);
        step.first = i == 0;
        step.last = step.taps == taps && step.channels == channels;
        step.cold = plan->shape.group > 1 ||
                    (plan->algorithm == &iou_conv_gemm_algorithm && count <= FEW_PANELS);
        conv_panels(plan, task, operands, &step, panel, count);
    }
}

static void conv_tail(const iou_conv_plan *plan, const iou_call *call, const iou_conv_task *task,
                      size_t row, size_t rows, size_t panel, size_t count) {
    const size_t columns = plan->kernels.gemm->columns;
    const size_t group = (task->panel + panel) / plan->group_panels;
    const size_t column = (task->panel + panel) % plan->group_panels * columns;
    const size_t left = plan->columns - column, most = count * columns;
    const size_t channel = group * plan->columns + column;
    iou_conv_finish(plan, call, task->row + row, rows, channel, iou_size_min(left, most),
                    task->out + row * plan->out_pitch + channel);
}

void iou_conv_multiply(const iou_conv_plan *plan, const iou_call *call, const iou_conv_task *task) {
    const conv_operands operands = {
        .pointers = iou_conv_rows(plan, call, task),
        .residuals = iou_conv_residual_rows(plan, call, task),
        .panels = iou_conv_panels(plan, call, task),
    };
    for (size_t panel = 0; panel < task->panels;) {
        const size_t left = plan->group_panels - (task->panel + panel) % plan->group_panels;
        const size_t count = iou_size_min(left, task->panels - panel);
        const size_t step = plan->blocks.rows_at_once;
        for (size_t row = 0; row < task->rows; row += step) {
            const size_t rows = iou_size_min(task->rows - row, step);
            conv_sum(plan, task, &operands, row, rows, panel, count);
            conv_tail(plan, call, task, row, rows, panel, count);
        }
        panel += count;
    }
}

iou_status iou_conv_product_run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, call, task_index);
    iou_conv_multiply(plan, call, &task);
    return IOU_OK;
}

/* ---- Plan ---------------------------------------------------------------------------------- */

void iou_conv_product_panels(iou_conv_plan *plan) {
    plan->group_panels = iou_divide_up(plan->columns, plan->kernels.gemm->columns);
    plan->panels = plan->group_panels * (size_t)plan->shape.group;
    plan->panel_size = (plan->depth + 1) * plan->kernels.gemm->columns;
}

void iou_conv_product_partition(iou_conv_plan *plan, size_t threads) {
    (void)threads;
    const iou_gemm_kernels *gemm = plan->kernels.gemm;
    iou_conv_product_panels(plan);
    iou_conv_partition(&plan->blocks, plan->rows, gemm->rows, 16, plan->panels);
    iou_conv_partition_rows(plan);
    iou_conv_partition_sum(&plan->blocks, plan->sum_taps, plan->sum_channels, gemm->columns,
                           plan->caches);
}

size_t iou_conv_product_packed(const iou_conv_plan *plan, bool task) {
    return iou_size_times(plan->panel_size, task ? plan->blocks.panels : plan->panels);
}

/* One panel: output channels [channel, channel + count) of one group. */
static void conv_pack_panel(const iou_conv_plan *plan, const iou_conv_source *source,
                            size_t channel, size_t count, float *panel) {
    const size_t columns = plan->kernels.gemm->columns;
    float *b = panel + columns;
    memset(panel, 0, plan->panel_size * sizeof *panel);
    for (size_t j = 0; j < count; j++) {
        panel[j] = iou_conv_bias(source, channel + j);
    }
    for (size_t c = 0; c < plan->channels; c++) {
        for (size_t tap = 0; tap < plan->taps; tap++) {
            float *to = b + (tap * plan->channels + c) * columns;
            for (size_t j = 0; j < count; j++) {
                to[j] = iou_conv_weight(plan, source, channel + j, c, tap);
            }
        }
    }
}

void iou_conv_product_pack(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                           size_t count, size_t origin, float *memory) {
    const size_t most = plan->kernels.gemm->columns;
    for (size_t i = first; i < first + count; i++) {
        const size_t column = i % plan->group_panels * most, left = plan->columns - column;
        conv_pack_panel(plan, source, i / plan->group_panels * plan->columns + column,
                        iou_size_min(left, most), memory + (i - origin) * plan->panel_size);
    }
}

void iou_conv_product_scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    scratch->pointers = iou_size_times(plan->blocks.rows, plan->sum_taps);
    scratch->residuals = plan->blocks.rows;
}

/* A task of a transposed convolution: some lines that see the same taps. */
#include "ops/conv_transpose/conv_transpose.h"

#include "core/sizes.h"

#include <math.h>

/* What a task computes: lines first_y, first_y + stride, …; pixels of each class from `pixel` on.
 */
typedef struct transpose_task {
    int64_t n, z, first_y;
    size_t lines, pixel, panel, panels;
    const float *packed;
    const float **pointers;
    float *out;
    const void *const *in; /* of the call */
} transpose_task;

/* The pixels of one class in a task: the first x, and the taps they see. */
typedef struct transpose_rows {
    int64_t x;
    size_t pixels;
    iou_conv_transpose_seen runs[IOU_CONV_SPATIAL];
    size_t taps, offset;
} transpose_rows;

static iou_conv_transpose_seen transpose_seen(const iou_conv_transpose_axis *axis, int64_t at) {
    return iou_conv_transpose_find(axis, (at + axis->pad) % axis->stride);
}

/* The input coordinate that tap `position` (in order) brings to `at`; -1: outside. */
static int64_t transpose_from(const iou_conv_transpose_axis *axis, size_t position, int64_t at) {
    const int64_t distance = at + axis->pad - axis->taps[position].tap * axis->dilation;
    const int64_t from = distance / axis->stride;
    return distance >= 0 && from < axis->in ? from : -1;
}

/* One tap of one line: neighbouring pixels of the input, for pixels that are a stride apart. */
static void transpose_point_line(const iou_conv_transpose_plan *plan, const float *line,
                                 const transpose_rows *rows, size_t position,
                                 const float **pointers) {
    const iou_conv_transpose_axis *x = &plan->shape.axes[2];
    const int64_t distance = rows->x + x->pad - x->taps[position].tap * x->dilation;
    const int64_t from = distance / x->stride; /* exact, so that it is also below zero */
    for (size_t i = 0; i < rows->pixels; i++) {
        const int64_t at = from + (int64_t)i;
        const bool inside = line != NULL && at >= 0 && at < x->in;
        pointers[i] = inside ? line + at * plan->shape.in_channels : plan->zeros;
    }
}

/* Pointers by tap, line and pixel. */
static void transpose_point(const iou_conv_transpose_plan *plan, const transpose_task *task,
                            const transpose_rows *rows, const float *image) {
    const iou_conv_transpose_shape *s = &plan->shape;
    const iou_conv_transpose_axis *axes = s->axes;
    const float **to = task->pointers;
    for (size_t k = 0; k < rows->runs[0].count * rows->runs[1].count; k++) {
        const size_t kz = rows->runs[0].begin + k / rows->runs[1].count;
        const size_t ky = rows->runs[1].begin + k % rows->runs[1].count;
        const int64_t z = transpose_from(&axes[0], kz, task->z);
        for (size_t kx = 0; kx < rows->runs[2].count; kx++) {
            for (size_t i = 0; i < task->lines; i++, to += rows->pixels) {
                const int64_t at = task->first_y + (int64_t)i * axes[1].stride;
                const int64_t y = transpose_from(&axes[1], ky, at);
                const int64_t line = ((task->n * axes[0].in + z) * axes[1].in + y) * axes[2].in;
                transpose_point_line(plan, z < 0 || y < 0 ? NULL : image + line * s->in_channels,
                                     rows, rows->runs[2].begin + kx, to);
            }
        }
    }
}

/* Output pixel x of a line of the task. */
static float *transpose_out(const iou_conv_transpose_plan *plan, const transpose_task *task,
                            size_t line, int64_t x) {
    const iou_conv_transpose_axis *axes = plan->shape.axes;
    const int64_t y = task->first_y + (int64_t)line * axes[1].stride;
    const int64_t pixel = ((task->n * axes[0].out + task->z) * axes[1].out + y) * axes[2].out + x;
    return task->out + pixel * plan->shape.out_channels;
}

/* The epilogue of channels [channel, channel + columns). */
static void transpose_tail(const iou_conv_transpose_plan *plan, const transpose_task *task,
                           const transpose_rows *rows, size_t channel, size_t columns) {
    for (size_t line = 0; line < task->lines && !plan->tail_by_line; line++) {
        float *out = transpose_out(plan, task, line, rows->x) + channel;
        iou_tail_run(&plan->tail, task->in,
                     &(iou_tail_values){.values = out,
                                        .at = (size_t)(out - task->out),
                                        .channel = channel,
                                        .rows = rows->pixels,
                                        .columns = columns,
                                        .stride = (size_t)(plan->shape.axes[2].stride *
                                                           plan->shape.out_channels)});
    }
}

/* The epilogue of all pixels of the task, of every class. */
static void transpose_line_tail(const iou_conv_transpose_plan *plan, const transpose_task *task) {
    const iou_conv_transpose_axis *axis = &plan->shape.axes[2];
    const int64_t x = (int64_t)task->pixel * axis->stride, left = axis->out - x;
    const int64_t most = (int64_t)plan->pixels * axis->stride;
    const size_t count = (size_t)((left < most ? left : most) * plan->shape.out_channels);
    for (size_t line = 0; line < task->lines; line++) {
        float *out = transpose_out(plan, task, line, x);
        iou_tail_run(&plan->tail, task->in,
                     &(iou_tail_values){.values = out,
                                        .at = (size_t)(out - task->out),
                                        .rows = 1,
                                        .columns = count,
                                        .stride = count});
    }
}

/* One panel, one step of the sum, all lines. */
static void transpose_lines(const iou_conv_transpose_plan *plan, const transpose_task *task,
                            const transpose_rows *rows, const iou_gemm_tile *shared,
                            size_t channel) {
    size_t most;
    const iou_gemm_kernel *kernels =
        iou_gemm_for_columns(plan->kernels.gemm, shared->columns, &most);
    const size_t tiles = iou_divide_up(rows->pixels, most);
    iou_gemm_tile tile = *shared;
    for (size_t line = 0; line < task->lines; line++) {
        float *c = transpose_out(plan, task, line, rows->x) + channel;
        const size_t part =
            iou_gemm_prefetch_panel(&tile, plan->kernels.gemm->columns, plan->panel_size, tiles);
        for (size_t i = 0, done = 0; i < tiles; i++, tile.prefetch += part) {
            const size_t count = (rows->pixels - done + tiles - i - 1) / (tiles - i);
            tile.a = shared->a + line * rows->pixels + done;
            tile.c = c + done * tile.c_stride;
            kernels[count](&tile);
            done += count;
        }
    }
}

/* All of the sum of one panel. */
static void transpose_panel(const iou_conv_transpose_plan *plan, const transpose_task *task,
                            const transpose_rows *rows, size_t panel) {
    const size_t width = plan->kernels.gemm->columns, all = task->lines * rows->pixels;
    const size_t group = panel / plan->group_panels, column = panel % plan->group_panels * width;
    const size_t left = plan->columns - column;
    const float *packed = task->packed + (panel - task->panel) * plan->panel_size;
    const float *b = packed + width + rows->offset * plan->channels * width;
    iou_conv_blocks blocks = {0};
    iou_conv_partition_sum(&blocks, rows->taps > 0 ? rows->taps : 1, plan->channels, width,
                           plan->caches);
    size_t tap = 0;
    do {
        const size_t taps = iou_size_min(rows->taps - tap, blocks.taps);
        size_t channel = 0;
        do {
            const size_t rest = plan->channels - channel;
            const size_t depth = iou_size_min(rest, blocks.channels);
            const iou_gemm_tile tile = {
                .a = (const float *const *)task->pointers + tap * all,
                .a_stride = all,
                .a_offset = group * plan->channels + channel,
                .taps = taps,
                .depth = depth,
                .b = b + (tap * plan->channels + channel) * width,
                .bias = packed,
                .c_stride = (size_t)(plan->shape.axes[2].stride * plan->shape.out_channels),
                .columns = iou_size_min(left, width),
                .first = tap == 0 && channel == 0,
                .last = tap + taps == rows->taps && depth == rest,
                .lo = -INFINITY,
                .hi = INFINITY,
            };
            transpose_lines(plan, task, rows, &tile, group * plan->columns + column);
            channel += depth;
        } while (channel < plan->channels);
        tap += taps;
    } while (tap < rows->taps);
    transpose_tail(plan, task, rows, group * plan->columns + column, iou_size_min(left, width));
}

static void transpose_depthwise(const iou_conv_transpose_plan *plan, const transpose_task *task,
                                const transpose_rows *rows) {
    const size_t channels = (size_t)plan->shape.out_channels, all = task->lines * rows->pixels;
    for (size_t line = 0; line < task->lines; line++) {
        const iou_depthwise_tile tile = {
            .a = (const float *const *)task->pointers + line * rows->pixels,
            .a_stride = all,
            .rows = rows->pixels,
            .taps = rows->taps,
            .channels = channels,
            .weights = task->packed + (1 + rows->offset) * channels,
            .weight_stride = channels,
            .bias = task->packed,
            .c = transpose_out(plan, task, line, rows->x),
            .c_stride = (size_t)plan->shape.axes[2].stride * channels,
            .lo = -INFINITY,
            .hi = INFINITY,
        };
        plan->kernels.depthwise->pixels(&tile);
    }
    transpose_tail(plan, task, rows, 0, channels);
}

/* The pixels of the class of x = `first`. */
static void transpose_class(const iou_conv_transpose_plan *plan, const transpose_task *task,
                            int64_t first, const float *image) {
    const iou_conv_transpose_axis *axes = plan->shape.axes;
    transpose_rows rows = {.x = first + (int64_t)task->pixel * axes[2].stride};
    if (rows.x >= axes[2].out) {
        return;
    }
    const size_t left = (size_t)((axes[2].out - rows.x - 1) / axes[2].stride + 1);
    rows.pixels = iou_size_min(left, plan->pixels);
    rows.runs[0] = transpose_seen(&axes[0], task->z);
    rows.runs[1] = transpose_seen(&axes[1], task->first_y);
    rows.runs[2] = transpose_seen(&axes[2], first);
    rows.taps = rows.runs[0].count * rows.runs[1].count * rows.runs[2].count;
    rows.offset = iou_conv_transpose_offset(&plan->shape, rows.runs);
    transpose_point(plan, task, &rows, image);
    if (plan->depthwise) {
        transpose_depthwise(plan, task, &rows);
        return;
    }
    for (size_t panel = task->panel; panel < task->panel + task->panels; panel++) {
        transpose_panel(plan, task, &rows, panel);
    }
}

/* What task `index` computes; false: nothing, its class has fewer lines than another. */
static bool transpose_locate(const iou_conv_transpose_plan *plan, size_t index,
                             transpose_task *task) {
    const iou_conv_transpose_axis *axes = plan->shape.axes;
    task->panel = index % plan->panel_blocks * plan->task_panels;
    index /= plan->panel_blocks;
    task->pixel = index % plan->pixel_blocks * plan->pixels;
    index /= plan->pixel_blocks;
    const int64_t class = (int64_t)(index % plan->line_classes);
    index /= plan->line_classes;
    const int64_t line = (int64_t)(index % plan->line_blocks * plan->lines);
    index /= plan->line_blocks;
    task->z = (int64_t)index % axes[0].out;
    task->n = (int64_t)index / axes[0].out;
    task->first_y = class + line * axes[1].stride;
    if (task->n >= plan->shape.batch || task->first_y >= axes[1].out) {
        return false;
    }
    const size_t left = (size_t)((axes[1].out - task->first_y - 1) / axes[1].stride + 1);
    task->lines = iou_size_min(left, plan->lines);
    const size_t panels = plan->panels - task->panel;
    task->panels = iou_size_min(panels, plan->task_panels);
    return true;
}

iou_status iou_conv_transpose_run(const iou_call *call, size_t task_index) {
    const iou_conv_transpose_plan *plan = call->params;
    const iou_conv_transpose_axis *x = &plan->shape.axes[2];
    transpose_task task = {.pointers = call->scratch, .out = call->out[0], .in = call->in};
    if (!transpose_locate(plan, task_index, &task)) {
        return IOU_OK;
    }
    if (plan->packed != NULL) {
        task.packed = plan->packed + task.panel * plan->panel_size;
    } else {
        float *packed = (float *)(void *)((char *)call->scratch + plan->packed_at);
        const void *bias = plan->bias_input >= 0 ? call->in[plan->bias_input] : NULL;
        iou_conv_transpose_pack(plan, call->in[plan->weight_input], bias, task.panel, task.panels,
                                packed);
        task.packed = packed;
    }
    for (int64_t first = 0; first < x->stride && first < x->out; first++) {
        transpose_class(plan, &task, first, call->in[0]);
    }
    if (plan->tail_by_line) {
        transpose_line_tail(plan, &task);
    }
    return IOU_OK;
}

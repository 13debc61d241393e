/* Where the rows of a task lie: pointers to the pixels under each tap, zeros in the padding. */
#include "ops/conv/conv.h"

#include "core/copy_floats.h"
#include "core/sizes.h"

iou_conv_image iou_conv_whole(const iou_conv_plan *plan, const iou_call *call) {
    const iou_conv_shape *s = &plan->shape;
    return (iou_conv_image){call->in[0], (size_t)s->in[2] * plan->in_pitch, SIZE_MAX};
}

iou_conv_task iou_conv_locate(const iou_conv_plan *plan, const iou_call *call, size_t task) {
    const iou_conv_blocks *blocks = &plan->blocks;
    iou_conv_task t;
    t.panel = task % blocks->panel_blocks * blocks->panels;
    task /= blocks->panel_blocks;
    t.row = task * blocks->rows;
    const size_t panels = plan->panels - t.panel, rows = plan->rows - t.row;
    t.panels = iou_size_min(panels, blocks->panels);
    t.rows = iou_size_min(rows, blocks->rows);
    t.image = iou_conv_whole(plan, call);
    t.out = (float *)call->out[0] + t.row * plan->out_pitch;
    return t;
}

void iou_conv_finish(const iou_conv_plan *plan, const iou_call *call, size_t row, size_t rows,
                     size_t channel, size_t columns, float *out) {
    const size_t width = (size_t)plan->shape.out_channels;
    iou_tail_run(&plan->tail, call->in,
                 &(iou_tail_values){.values = out,
                                    .at = row * width + channel,
                                    .channel = channel,
                                    .rows = rows,
                                    .columns = columns,
                                    .stride = plan->out_pitch,
                                    .width = width});
}

static void *conv_scratch(const iou_call *call, size_t at) {
    return (char *)call->scratch + at;
}

/* Neighbouring pixels of one output line: `count` of them from (n, z, y, x). */
typedef struct conv_run {
    int64_t n, z, y, x;
    size_t count;
} conv_run;

static conv_run conv_run_at(const iou_conv_shape *s, size_t row, size_t most) {
    int64_t at = (int64_t)row;
    conv_run run;
    run.x = at % s->out[2];
    at /= s->out[2];
    run.y = at % s->out[1];
    at /= s->out[1];
    run.z = at % s->out[0];
    run.n = at / s->out[0];
    const size_t left = (size_t)(s->out[2] - run.x);
    run.count = iou_size_min(left, most);
    return run;
}

/* How many of `count` steps of `stride` from `first` lie below `end`. */
static size_t conv_below(int64_t first, int64_t end, int64_t stride, size_t count) {
    if (first >= end) {
        return 0;
    }
    const int64_t distance = end - first;
    const int64_t steps = stride == 1 ? distance : (distance + stride - 1) / stride;
    return steps < (int64_t)count ? (size_t)steps : count;
}

/* One tap of a run: pixels `x`, x + stride, … of a line of the image (NULL: all padding). */
static void conv_point_tap(const iou_conv_plan *plan, const float *line, int64_t x, size_t count,
                           const float **pointers) {
    const iou_conv_shape *s = &plan->shape;
    const size_t begin = line == NULL ? count : conv_below(x, 0, s->stride[2], count);
    const size_t end = line == NULL ? count : conv_below(x, s->in[2], s->stride[2], count);
    for (size_t i = 0; i < begin; i++) {
        pointers[i] = plan->zeros;
    }
    for (size_t i = begin; i < end; i++) {
        pointers[i] = line + (x + (int64_t)i * s->stride[2]) * (int64_t)plan->in_pitch;
    }
    for (size_t i = end; i < count; i++) {
        pointers[i] = plan->zeros;
    }
}

/* The number of the image's line under kernel row k of a run, or -1 in the padding. */
static int64_t conv_line_number(const iou_conv_shape *s, const conv_run *run, int64_t k) {
    const int64_t kz = k / s->kernel[1], ky = k % s->kernel[1];
    const int64_t z = run->z * s->stride[0] - s->pad[0] + kz * s->dilation[0];
    const int64_t y = run->y * s->stride[1] - s->pad[1] + ky * s->dilation[1];
    const bool inside = z >= 0 && z < s->in[0] && y >= 0 && y < s->in[1];
    return inside ? (run->n * s->in[0] + z) * s->in[1] + y : -1;
}

int64_t iou_conv_line(const iou_conv_shape *shape, size_t line, int64_t k) {
    const conv_run run = conv_run_at(shape, line * (size_t)shape->out[2], 1);
    return conv_line_number(shape, &run, k);
}

static const float *conv_line(const iou_conv_shape *s, const iou_conv_image *image,
                              const conv_run *run, int64_t k) {
    const int64_t number = conv_line_number(s, run, k);
    return number < 0 ? NULL : iou_conv_line_at(image, number);
}

void iou_conv_point(const iou_conv_plan *plan, const iou_conv_image *image, size_t row,
                    size_t count, const float **pointers) {
    const iou_conv_shape *s = &plan->shape;
    for (size_t done = 0; done < count;) {
        const conv_run run = conv_run_at(s, row + done, count - done);
        const float **to = pointers + done;
        for (int64_t k = 0; k < s->kernel[0] * s->kernel[1]; k++) {
            const float *line = conv_line(s, image, &run, k);
            int64_t x = run.x * s->stride[2] - s->pad[2];
            for (int64_t kx = 0; kx < s->kernel[2]; kx++, x += s->dilation[2], to += count) {
                conv_point_tap(plan, line, x, run.count, to);
            }
        }
        done += run.count;
    }
}

void iou_conv_point_residual(const iou_conv_plan *plan, const float *residual, size_t row,
                             size_t count, const float **pointers) {
    const iou_conv_shape *s = &plan->shape;
    const iou_conv_residual *r = &plan->residual;
    if (!r->upsampled) {
        for (size_t i = 0; i < count; i++) {
            pointers[i] = residual + (row + i) * r->pitch;
        }
        return;
    }
    for (size_t done = 0; done < count;) {
        const conv_run run = conv_run_at(s, row + done, count - done);
        const int64_t z = run.n * r->in[0] + r->source[0][run.z];
        const int64_t line = (z * r->in[1] + r->source[1][run.y]) * r->in[2];
        for (size_t i = 0; i < run.count; i++) {
            const int64_t x = r->source[2][run.x + (int64_t)i];
            pointers[done + i] = residual + (line + x) * (int64_t)r->pitch;
        }
        done += run.count;
    }
}

/* ---- Gathering ----------------------------------------------------------------------------- */

/* One pixel's taps along a line of the image, some of them in the padding, from x on. */
static void conv_gather_line(const iou_conv_plan *plan, const float *line, int64_t x, float *to) {
    const iou_conv_shape *s = &plan->shape;
    const size_t channels = plan->channels;
    for (int64_t kx = 0; kx < s->kernel[2]; kx++, x += s->dilation[2], to += channels) {
        const bool inside = x >= 0 && x < s->in[2];
        iou_copy_floats(to, inside ? line + x * (int64_t)plan->in_pitch : plan->zeros, channels);
    }
}

/* One line of taps of a run. The taps of a pixel within a dense image lie side by side already. */
static void conv_point_line(const iou_conv_plan *plan, const float *line, const conv_run *run,
                            float *gathered, const float **pointers) {
    const iou_conv_shape *s = &plan->shape;
    const size_t step = (size_t)s->kernel[2] * plan->channels;
    const bool together = s->dilation[2] == 1 && plan->in_pitch == plan->channels;
    int64_t x = run->x * s->stride[2] - s->pad[2];
    for (size_t i = 0; i < run->count; i++, x += s->stride[2]) {
        if (line == NULL) {
            pointers[i] = plan->zeros;
        } else if (together && x >= 0 && x + s->kernel[2] <= s->in[2]) {
            pointers[i] = line + x * (int64_t)plan->in_pitch;
        } else {
            conv_gather_line(plan, line, x, gathered + i * step);
            pointers[i] = gathered + i * step;
        }
    }
}

void iou_conv_gather(const iou_conv_plan *plan, const iou_conv_image *image, size_t row,
                     size_t count, float *gathered, const float **pointers) {
    const iou_conv_shape *s = &plan->shape;
    const size_t step = (size_t)s->kernel[2] * plan->channels;
    for (size_t done = 0; done < count;) {
        const conv_run run = conv_run_at(s, row + done, count - done);
        for (int64_t k = 0; k < s->kernel[0] * s->kernel[1]; k++) {
            const float *line = conv_line(s, image, &run, k);
            const size_t at = (size_t)k * count + done;
            conv_point_line(plan, line, &run, gathered + at * step, pointers + at);
        }
        done += run.count;
    }
}

/* ---- A task's rows -------------------------------------------------------------------------- */

const float *const *iou_conv_rows(const iou_conv_plan *plan, const iou_call *call,
                                  const iou_conv_task *task) {
    const float **pointers = conv_scratch(call, plan->pointers_at);
    if (plan->algorithm != &iou_conv_im2col_algorithm) {
        iou_conv_point(plan, &task->image, task->row, task->rows, pointers);
        return (const float *const *)pointers;
    }
    float *gathered = conv_scratch(call, plan->gather_at);
    iou_conv_gather(plan, &task->image, task->row, task->rows, gathered, pointers);
    return (const float *const *)pointers;
}

const float *const *iou_conv_residual_rows(const iou_conv_plan *plan, const iou_call *call,
                                           const iou_conv_task *task) {
    if (plan->residual.input < 0) {
        return NULL;
    }
    const float **pointers = conv_scratch(call, plan->residuals_at);
    iou_conv_point_residual(plan, call->in[plan->residual.input], task->row, task->rows, pointers);
    return (const float *const *)pointers;
}

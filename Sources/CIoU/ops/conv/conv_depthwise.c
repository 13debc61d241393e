/* A task of a depthwise convolution: some pixels by some channels. */
#include "ops/conv/conv.h"

#include "core/sizes.h"

/* [bias][tap], each of all channels. */
static void pack_all(const iou_conv_plan *plan, const iou_conv_source *source, float *memory) {
    const size_t channels = (size_t)plan->shape.out_channels;
    for (size_t c = 0; c < channels; c++) {
        memory[c] = iou_conv_bias(source, c);
        for (size_t tap = 0; tap < plan->taps; tap++) {
            memory[(1 + tap) * channels + c] = iou_conv_weight(plan, source, c, 0, tap);
        }
    }
}

/* Bias and weights; packed now when they are no constants. */
static const float *depthwise_weights(const iou_conv_plan *plan, const iou_call *call) {
    if (plan->packed != NULL) {
        return plan->packed;
    }
    iou_conv_source source = plan->source;
    source.weights = call->in[plan->weight_input];
    source.bias = plan->bias_input >= 0 ? call->in[plan->bias_input] : NULL;
    float *packed = (float *)(void *)((char *)call->scratch + plan->packed_at);
    pack_all(plan, &source, packed);
    return packed;
}

/* The task's channels. */
typedef struct depthwise_share {
    size_t first, count;
} depthwise_share;

static void depthwise_pixels(const iou_conv_plan *plan, const iou_call *call,
                             const iou_conv_task *task, const depthwise_share *share) {
    const size_t channels = (size_t)plan->shape.out_channels;
    const float *packed = depthwise_weights(plan, call);
    const iou_depthwise_tile tile = {
        .a = iou_conv_rows(plan, call, task),
        .a_stride = task->rows,
        .offset = share->first,
        .rows = task->rows,
        .taps = plan->taps,
        .channels = share->count,
        .weights = packed + channels,
        .weight_stride = channels,
        .bias = packed,
        .c = task->out,
        .c_stride = plan->out_pitch,
        .residual = iou_conv_residual_rows(plan, call, task),
        .lo = plan->lo,
        .hi = plan->hi,
    };
    plan->kernels.depthwise->pixels(&tile);
}

/* The image's lines under output line `line` and their weights, in the scratch. */
static void depthwise_take(const iou_conv_plan *plan, const iou_call *call,
                           const iou_conv_image *image, const float *weights, size_t line,
                           iou_depthwise_line *tile) {
    const iou_conv_shape *s = &plan->shape;
    const int64_t count = s->kernel[0] * s->kernel[1];
    const float **in = (const float **)(void *)((char *)call->scratch + plan->pointers_at);
    const float **rows = in + count;
    tile->in = (const float *const *)in;
    tile->weights = (const float *const *)rows;
    tile->lines = 0;
    for (int64_t k = 0; k < count; k++) {
        const int64_t number = iou_conv_line(s, line, k);
        if (number >= 0) {
            in[tile->lines] = iou_conv_line_at(image, number);
            rows[tile->lines++] = weights + (size_t)(k * s->kernel[2]) * tile->weight_stride;
        }
    }
}

static depthwise_share share_of(const iou_conv_plan *plan, const iou_conv_task *task) {
    const size_t first = task->panel * IOU_DEPTHWISE_PANEL;
    const size_t left = (size_t)plan->shape.out_channels - first;
    const size_t most = task->panels * IOU_DEPTHWISE_PANEL;
    return (depthwise_share){first, iou_size_min(left, most)};
}

static void depthwise_tail(const iou_conv_plan *plan, const iou_call *call,
                           const iou_conv_task *task, const depthwise_share *share) {
    iou_conv_finish(plan, call, task->row, task->rows, share->first, share->count,
                    task->out + share->first);
}

void iou_conv_depthwise_lines(const iou_conv_plan *plan, const iou_call *call,
                              const iou_conv_task *task) {
    const iou_conv_shape *s = &plan->shape;
    const size_t channels = (size_t)s->out_channels, pixels = (size_t)s->out[2];
    const depthwise_share share = share_of(plan, task);
    const float *packed = depthwise_weights(plan, call);
    const float *const *residuals = iou_conv_residual_rows(plan, call, task);
    iou_depthwise_line tile = {
        .taps = (size_t)s->kernel[2],
        .weight_stride = channels,
        .stride = (size_t)s->stride[2],
        .pad = (size_t)s->pad[2],
        .width = (size_t)s->in[2],
        .pixels = pixels,
        .image_pitch = plan->in_pitch,
        .c_stride = plan->out_pitch,
        .offset = share.first,
        .channels = share.count,
        .bias = packed,
        .lo = plan->lo,
        .hi = plan->hi,
    };
    for (size_t row = 0; row < task->rows; row += pixels) {
        const size_t line = (task->row + row) / pixels;
        depthwise_take(plan, call, &task->image, packed + channels, line, &tile);
        tile.c = task->out + row * plan->out_pitch;
        tile.residual = residuals != NULL ? residuals + row : NULL;
        plan->kernels.depthwise->line(&tile);
    }
    depthwise_tail(plan, call, task, &share);
}

static iou_status run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const iou_conv_task task = iou_conv_locate(plan, call, task_index);
    if (plan->own.depthwise.lines) {
        iou_conv_depthwise_lines(plan, call, &task);
        return IOU_OK;
    }
    const depthwise_share share = share_of(plan, &task);
    depthwise_pixels(plan, call, &task, &share);
    depthwise_tail(plan, call, &task, &share);
    return IOU_OK;
}

/* ---- Plan ---------------------------------------------------------------------------------- */

/* Whether windows suit iou_depthwise_line. */
static bool suits_lines(const iou_conv_shape *shape) {
    return (shape->kernel[2] == 3 || shape->kernel[2] == 5) && shape->dilation[2] == 1 &&
           shape->stride[2] <= 2 && shape->out[2] <= IOU_CONV_LONGEST_LINE;
}

static bool suits(const iou_conv_request *request) {
    const iou_conv_shape *s = request->shape;
    return request->type == IOU_FLOAT && s->group > 1 && s->group == s->in_channels &&
           s->group == s->out_channels;
}

static void partition(iou_conv_plan *plan, size_t threads) {
    (void)threads;
    const iou_conv_shape *s = &plan->shape;
    plan->panels = iou_divide_up((size_t)s->out_channels, IOU_DEPTHWISE_PANEL);
    plan->own.depthwise.lines = suits_lines(s);
    if (plan->own.depthwise.lines) {
        iou_conv_partition_lines(&plan->blocks, plan->rows, (size_t)s->out[2], plan->panels);
    } else {
        iou_conv_partition_thin(&plan->blocks, plan->rows, 4, plan->panels);
    }
}

static size_t packed(const iou_conv_plan *plan, bool task) {
    (void)task;
    return iou_size_times((size_t)plan->shape.out_channels, plan->taps + 1);
}

static void pack(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                 size_t count, size_t origin, float *memory) {
    (void)first, (void)count, (void)origin;
    pack_all(plan, source, memory);
}

static void scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    iou_conv_product_scratch(plan, scratch);
    if (plan->own.depthwise.lines) {
        scratch->pointers = 2 * plan->taps;
    }
}

const iou_conv_algorithm iou_conv_depthwise_algorithm = {
    .name = "depthwise",
    .suits = suits,
    .partition = partition,
    .packed = packed,
    .pack = pack,
    .packs_at_once = true,
    .scratch = scratch,
    .run = run,
};

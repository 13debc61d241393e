/*
 * A 3x3 convolution by Winograd's filtering, block by block: some tiles are transformed, each of
 * their n * n positions is a matrix product with the transformed weights, and the products are
 * transformed back into the output.
 */
#include "ops/conv/conv.h"

#include <string.h>

static size_t positions_of(const iou_conv_plan *plan) {
    const size_t n = plan->winograd->tile + 2;
    return n * n;
}

/* Floats between the positions of a block: not a multiple of a page, whose lines would evict each
 * other. */
static size_t position_stride(const iou_conv_plan *plan) {
    enum { LINE = 16 };
    const size_t columns = plan->blocks.panels * plan->kernels.gemm->columns;
    const size_t most = columns > plan->channels ? columns : plan->channels;
    return (plan->blocks.rows * most + LINE - 1) / LINE * LINE + LINE;
}

size_t iou_conv_winograd_scratch(const iou_conv_plan *plan) {
    return (positions_of(plan) + 1) * position_stride(plan);
}

size_t iou_conv_winograd_tiles(const iou_conv_shape *shape, size_t tile) {
    const size_t height = ((size_t)shape->out[1] + tile - 1) / tile;
    const size_t width = ((size_t)shape->out[2] + tile - 1) / tile;
    return (size_t)shape->batch * height * width;
}

/* ---- Weights ------------------------------------------------------------------------------- */

/* Tap by tap, one input channel's weights of the output channels of a panel. */
static void gather_filters(const iou_conv_plan *plan, const iou_conv_source *source, size_t channel,
                           size_t count, size_t c, float *taps) {
    const size_t columns = plan->kernels.gemm->columns;
    for (size_t j = 0; j < count; j++) {
        for (size_t tap = 0; tap < 9; tap++) {
            taps[tap * columns + j] = iou_conv_weight(plan, source, channel + j, c, tap);
        }
    }
}

void iou_conv_pack_winograd(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                            size_t count, float *memory) {
    enum { MOST_COLUMNS = 32 };
    const size_t columns = plan->kernels.gemm->columns, positions = positions_of(plan);
    const size_t size = plan->panels * plan->panel_size;
    float taps[9 * MOST_COLUMNS] = {0};
    for (size_t i = first; i < first + count; i++) {
        float *bias = memory + positions * size + i * columns,
              *panel = memory + i * plan->panel_size;
        const size_t channel = i * columns, left = plan->columns - channel;
        const size_t real = left < columns ? left : columns;
        for (size_t j = 0; j < columns; j++) {
            bias[j] = j < real ? iou_conv_bias(source, channel + j) : 0.0F;
        }
        for (size_t p = 0; p < positions; p++) {
            memset(panel + p * size, 0, columns * sizeof *panel); /* the product has no bias */
        }
        memset(taps, 0, sizeof taps);
        for (size_t c = 0; c < plan->channels; c++) {
            gather_filters(plan, source, channel, real, c, taps);
            plan->winograd->filter(taps, panel + (c + 1) * columns, columns, size);
        }
    }
}

/* ---- Tiles --------------------------------------------------------------------------------- */

/* A tile's map, and its first output pixel. */
typedef struct tile_place {
    const iou_conv_plan *plan;
    const void *const *in;
    float *out;
    int64_t n, y, x;
} tile_place;

static tile_place place_of(const iou_conv_plan *plan, const iou_call *call, size_t index) {
    size_t map = 0;
    for (; map + 1 < plan->map_count && index >= plan->maps[map]->rows; map++) {
        index -= plan->maps[map]->rows;
    }
    tile_place place = {.plan = plan->maps != NULL ? plan->maps[map] : plan,
                        .in = call->in + map * plan->map_inputs,
                        .out = call->out[map]};
    const iou_conv_shape *s = &place.plan->shape;
    const int64_t m = (int64_t)plan->winograd->tile, at = (int64_t)index;
    const int64_t width = (s->out[2] + m - 1) / m, height = (s->out[1] + m - 1) / m;
    place.n = at / (width * height);
    place.y = at / width % height * m;
    place.x = at % width * m;
    return place;
}

static void point_inputs(const tile_place *at, const float **pixels) {
    const iou_conv_shape *s = &at->plan->shape;
    const int64_t n = (int64_t)at->plan->winograd->tile + 2;
    const float *image = at->in[0], *zeros = at->plan->zeros;
    for (int64_t i = 0; i < n; i++) {
        const int64_t y = at->y - s->pad[1] + i;
        const bool inside = y >= 0 && y < s->in[1];
        const float *line = image + (at->n * s->in[1] + y) * s->in[2] * s->in_channels;
        for (int64_t j = 0; j < n; j++) {
            const int64_t x = at->x - s->pad[2] + j;
            *pixels++ = inside && x >= 0 && x < s->in[2] ? line + x * s->in_channels : zeros;
        }
    }
}

/* Channels from `first` on of the output's pixels; NULL outside of the map. */
static void point_outputs(const tile_place *at, size_t first, float **pixels) {
    const iou_conv_shape *s = &at->plan->shape;
    const int64_t m = (int64_t)at->plan->winograd->tile;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            const int64_t y = at->y + i, x = at->x + j;
            const bool inside = y < s->out[1] && x < s->out[2];
            const int64_t row = (at->n * s->out[1] + y) * s->out[2] + x;
            *pixels++ = inside ? at->out + row * s->out_channels + first : NULL;
        }
    }
}

static void point_residuals(const tile_place *at, size_t first, const float **pixels) {
    const iou_conv_plan *plan = at->plan;
    const iou_conv_shape *s = &plan->shape;
    const int64_t m = (int64_t)plan->winograd->tile;
    const float *map = (const float *)at->in[plan->residual.input] + first;
    for (int64_t i = 0; i < m * m; i++) {
        const int64_t y = at->y + i / m, x = at->x + i % m;
        pixels[i] = NULL;
        if (y < s->out[1] && x < s->out[2]) {
            const size_t row = (size_t)((at->n * s->out[1] + y) * s->out[2] + x);
            iou_conv_point_residual(plan, map, row, 1, &pixels[i]);
        }
    }
}

/* ---- A task --------------------------------------------------------------------------------- */

/* A task's tiles and panels, and the memory between the transforms. The products of a position
 * take the place of the pixels of the one before, which the cache still holds. */
typedef struct winograd_task {
    iou_conv_task part;
    float *inputs, *products;
    size_t stride; /* between positions */
} winograd_task;

static winograd_task locate(const iou_conv_plan *plan, const iou_call *call, size_t index) {
    float *memory = (float *)(void *)((char *)call->scratch + plan->gather_at);
    const size_t stride = position_stride(plan);
    return (winograd_task){.part = iou_conv_locate(plan, call, index),
                           .inputs = memory + stride,
                           .products = memory,
                           .stride = stride};
}

static void transform_inputs(const iou_conv_plan *plan, const iou_call *call,
                             const winograd_task *task) {
    const float *pixels[IOU_WINOGRAD_MAX_POSITIONS];
    for (size_t i = 0; i < task->part.rows; i++) {
        const tile_place at = place_of(plan, call, task->part.row + i);
        point_inputs(&at, pixels);
        const iou_winograd_input input = {.pixels = pixels,
                                          .channels = plan->channels,
                                          .to = task->inputs + i * plan->channels,
                                          .stride = task->stride};
        plan->winograd->input(&input);
    }
}

static void multiply(const iou_conv_plan *plan, const winograd_task *task) {
    const size_t columns = plan->kernels.gemm->columns;
    for (size_t p = 0; p < positions_of(plan); p++) {
        const iou_gemm_product product = {
            .kernels = plan->kernels.gemm,
            .depth = plan->channels,
            .columns = plan->columns - task->part.panel * columns,
            .a = task->inputs + p * task->stride,
            .a_stride = plan->channels,
            .packed = plan->packed + (p * plan->panels + task->part.panel) * plan->panel_size,
            .c = task->products + p * task->stride,
            .c_stride = plan->blocks.panels * columns,
            .bare = true,
        };
        iou_gemm_f32(&product, 0, task->part.rows, 0, task->part.panels);
    }
}

static void transform_outputs(const iou_conv_plan *plan, const iou_call *call,
                              const winograd_task *task) {
    enum { MOST = IOU_WINOGRAD_MAX_TILE * IOU_WINOGRAD_MAX_TILE };
    const size_t columns = plan->kernels.gemm->columns, first = task->part.panel * columns;
    const size_t left = plan->columns - first, most = task->part.panels * columns;
    const size_t m = plan->winograd->tile, width = plan->blocks.panels * columns;
    const bool residual = plan->residual.input >= 0;
    float *pixels[MOST];
    const float *residuals[MOST];
    for (size_t i = 0; i < task->part.rows; i++) {
        const tile_place at = place_of(plan, call, task->part.row + i);
        point_outputs(&at, first, pixels);
        if (residual) {
            point_residuals(&at, first, residuals);
        }
        const iou_winograd_output output = {
            .from = task->products + i * width,
            .stride = task->stride,
            .channels = left < most ? left : most,
            .bias = plan->packed + positions_of(plan) * plan->panels * plan->panel_size + first,
            .pixels = pixels,
            .residual = residual ? residuals : NULL,
            .lo = plan->lo,
            .hi = plan->hi,
        };
        plan->winograd->output(&output);
        for (size_t p = 0; p < m * m && plan->activation == IOU_ACT_SIGMOID; p++) {
            if (pixels[p] != NULL) {
                plan->kernels.gemm->sigmoid(pixels[p], output.channels);
            }
        }
    }
}

iou_status iou_conv_run_winograd(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const winograd_task task = locate(plan, call, task_index);
    transform_inputs(plan, call, &task);
    multiply(plan, &task);
    transform_outputs(plan, call, &task);
    return IOU_OK;
}

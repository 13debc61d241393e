/*
 * A 3x3 convolution by Winograd's filtering, block by block: some tiles are transformed, each of
 * their n * n positions is a matrix product with the transformed weights, and the products are
 * transformed back into the output.
 *
 * Whole, the transformed weights would be up to 7 times the plain ones, to be kept and to be read
 * for every block. So they are kept as they are after half of their transform; the other half takes
 * place for one line of positions and one panel at a time, just before the products, in the cache.
 */
#include "ops/conv/conv.h"

#include "core/sizes.h"

/* Rows that are so many floats apart, or a multiple, share few lines of the first cache. */
enum { CLASH = 1024 / sizeof(float) };

/* ---- Scratch -------------------------------------------------------------------------------- */

/* Floats from one part to the next: not a multiple of a page, whose lines would evict each other.
 */
static size_t padded_stride(size_t floats) {
    enum { LINE = 16 }; /* of the cache */
    return iou_divide_up(floats, LINE) * LINE + LINE;
}

/* Floats between the tiles of a position: the rows of a product. */
static size_t tile_stride(const iou_conv_plan *plan) {
    return plan->channels % CLASH == 0 ? padded_stride(plan->channels) : plan->channels;
}

/* Floats between the positions of a block's pixels. */
static size_t position_stride(const iou_conv_plan *plan) {
    return padded_stride(plan->blocks.rows * tile_stride(plan));
}

/* Floats between the pixels of a line, transformed back along it. */
static size_t pixel_stride(const iou_conv_plan *plan) {
    return padded_stride(plan->blocks.rows * plan->blocks.panels * plan->kernels.gemm->columns);
}

/* Floats between lines, either of positions or of pixels. */
static size_t line_stride(const iou_conv_plan *plan) {
    return iou_size_max(iou_winograd_patch(plan->own.winograd.kernel) * position_stride(plan),
                        plan->own.winograd.kernel->tile * pixel_stride(plan));
}

/* Floats between a panel's filters for the positions of a line. */
static size_t filter_stride(const iou_conv_plan *plan) {
    return padded_stride((plan->channels + 1) * plan->kernels.gemm->columns);
}

/* Floats between a panel's products for the positions of a line. */
static size_t product_stride(const iou_conv_plan *plan) {
    return padded_stride(plan->blocks.rows * plan->kernels.gemm->columns);
}

size_t iou_conv_winograd_scratch(const iou_conv_plan *plan) {
    const size_t n = iou_winograd_patch(plan->own.winograd.kernel);
    return (n + 1) * line_stride(plan) + n * (filter_stride(plan) + product_stride(plan));
}

/* ---- Tiles --------------------------------------------------------------------------------- */

/* A tile's map, and its first output pixel. */
typedef struct tile_location {
    const iou_conv_plan *plan;
    const void *const *in;
    float *out;
    int64_t n, y, x;
} tile_location;

static tile_location locate_tile(const iou_conv_plan *plan, const iou_call *call, size_t index) {
    size_t map = 0;
    for (; map + 1 < plan->own.winograd.map_count && index >= plan->own.winograd.maps[map]->rows;
         map++) {
        index -= plan->own.winograd.maps[map]->rows;
    }
    tile_location location = {.plan = plan->own.winograd.maps != NULL ? plan->own.winograd.maps[map]
                                                                      : plan,
                              .in = call->in + map * plan->own.winograd.map_inputs,
                              .out = call->out[map]};
    const iou_conv_shape *s = &location.plan->shape;
    const int64_t m = (int64_t)plan->own.winograd.kernel->tile, at = (int64_t)index;
    const int64_t width = (s->out[2] + m - 1) / m, height = (s->out[1] + m - 1) / m;
    location.n = at / (width * height);
    location.y = at / width % height * m;
    location.x = at % width * m;
    return location;
}

static void point_inputs(const tile_location *at, const float **pixels) {
    const iou_conv_shape *s = &at->plan->shape;
    const int64_t n = (int64_t)iou_winograd_patch(at->plan->own.winograd.kernel);
    const int64_t pitch = (int64_t)at->plan->in_pitch;
    const float *image = at->in[0], *zeros = at->plan->zeros;
    for (int64_t i = 0; i < n; i++) {
        const int64_t y = at->y - s->pad[1] + i;
        const bool inside = y >= 0 && y < s->in[1];
        const float *line = image + (at->n * s->in[1] + y) * s->in[2] * pitch;
        for (int64_t j = 0; j < n; j++) {
            const int64_t x = at->x - s->pad[2] + j;
            *pixels++ = inside && x >= 0 && x < s->in[2] ? line + x * pitch : zeros;
        }
    }
}

/* Channels from `first` on of the output's pixels; NULL outside of the map. */
static void point_outputs(const tile_location *at, size_t first, float **pixels) {
    const iou_conv_shape *s = &at->plan->shape;
    const int64_t m = (int64_t)at->plan->own.winograd.kernel->tile;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            const int64_t y = at->y + i, x = at->x + j;
            const bool inside = y < s->out[1] && x < s->out[2];
            const int64_t row = (at->n * s->out[1] + y) * s->out[2] + x;
            *pixels++ = inside ? at->out + (size_t)row * at->plan->out_pitch + first : NULL;
        }
    }
}

static void point_residuals(const tile_location *at, size_t first, const float **pixels) {
    const iou_conv_plan *plan = at->plan;
    const iou_conv_shape *s = &plan->shape;
    const int64_t m = (int64_t)plan->own.winograd.kernel->tile;
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

/* A task's tiles and panels, and the memory between the transforms. A line of the outputs takes the
 * place of the line of inputs before the one that it comes from, which the cache still holds. */
typedef struct winograd_task {
    iou_conv_task part;
    size_t line;     /* between lines, of either */
    float *inputs;   /* [line][position][tile][channel] */
    float *outputs;  /* [line][pixel][tile][channel] */
    float *filters;  /* of a line of positions and a panel */
    float *products; /* the same: [position][tile][column] */
} winograd_task;

static winograd_task locate(const iou_conv_plan *plan, const iou_call *call, size_t index) {
    float *memory = (float *)(void *)((char *)call->scratch + plan->gather_at);
    const size_t line = line_stride(plan), n = iou_winograd_patch(plan->own.winograd.kernel);
    float *filters = memory + (n + 1) * line;
    return (winograd_task){.part = iou_conv_locate(plan, call, index),
                           .line = line,
                           .inputs = memory + line,
                           .outputs = memory,
                           .filters = filters,
                           .products = filters + n * filter_stride(plan)};
}

static void transform_inputs(const iou_conv_plan *plan, const iou_call *call,
                             const winograd_task *task) {
    const float *pixels[IOU_WINOGRAD_MAX_POSITIONS];
    for (size_t i = 0; i < task->part.rows; i++) {
        const tile_location at = locate_tile(plan, call, task->part.row + i);
        point_inputs(&at, pixels);
        const iou_winograd_input input = {.pixels = pixels,
                                          .channels = plan->channels,
                                          .to = task->inputs + i * tile_stride(plan),
                                          .line_stride = task->line,
                                          .stride = position_stride(plan)};
        plan->own.winograd.kernel->input(&input);
    }
}

/* The products of line `y` of the positions with the filters. `next`: the packed weights that are
 * read after them; each product prefetches its part. */
static void multiply(const iou_conv_plan *plan, const winograd_task *task, size_t y,
                     const float *next) {
    const size_t columns = plan->kernels.gemm->columns,
                 n = iou_winograd_patch(plan->own.winograd.kernel);
    const size_t part = plan->panel_size / n;
    for (size_t x = 0; x < n; x++) {
        const iou_gemm_product product = {
            .kernels = plan->kernels.gemm,
            .depth = plan->channels,
            .columns = columns,
            .a = task->inputs + y * task->line + x * position_stride(plan),
            .a_stride = tile_stride(plan),
            .packed = task->filters + x * filter_stride(plan),
            .c = task->products + x * product_stride(plan),
            .c_stride = columns,
            .step = iou_caches_product_step(plan->caches),
            .bare = true,
            .prefetch = next + x * part,
            .prefetch_size = part * sizeof *next,
        };
        iou_gemm_f32(&product, 0, task->part.rows, 0, 1);
    }
}

/* The packed weights of the task's first panel for a line of positions. */
static const float *packed_line(const iou_conv_plan *plan, const winograd_task *task, size_t y) {
    return plan->packed + (y * plan->panels + task->part.panel) * plan->panel_size;
}

/* One line of the positions: filters, products and the first half of the way back. */
static void filter_line(const iou_conv_plan *plan, const winograd_task *task, size_t y) {
    const size_t columns = plan->kernels.gemm->columns, last = task->part.panels - 1;
    const float *line = packed_line(plan, task, y);
    const float *next_line =
        packed_line(plan, task, (y + 1) % iou_winograd_patch(plan->own.winograd.kernel));
    for (size_t i = 0; i <= last; i++) {
        const float *packed = line + i * plan->panel_size;
        plan->own.winograd.kernel->filter_along(packed, task->filters + columns, plan->channels,
                                                columns, filter_stride(plan));
        multiply(plan, task, y, i < last ? packed + plan->panel_size : next_line);
        const iou_winograd_products products = {
            .from = task->products,
            .stride = product_stride(plan),
            .tiles = task->part.rows,
            .columns = columns,
            .to = task->outputs + y * task->line + i * columns,
            .to_stride = pixel_stride(plan),
            .to_width = plan->blocks.panels * columns,
        };
        plan->own.winograd.kernel->output_along(&products);
    }
}

/* What no kernel does: a line of the tile's pixels at a time. */
static void finish_tile(const iou_call *call, const tile_location *at, size_t first,
                        size_t channels, float *const *pixels) {
    const iou_conv_plan *plan = at->plan;
    const size_t m = plan->own.winograd.kernel->tile;
    for (size_t i = 0; i < m && plan->tail.count > 0 && pixels[i * m] != NULL; i++) {
        const size_t row = (size_t)(pixels[i * m] - at->out) / plan->out_pitch;
        size_t count = 1;
        while (count < m && pixels[i * m + count] != NULL) {
            count++;
        }
        iou_conv_finish(plan, call, row, count, first, channels, pixels[i * m]);
    }
}

static void transform_outputs(const iou_conv_plan *plan, const iou_call *call,
                              const winograd_task *task) {
    enum { MOST = IOU_WINOGRAD_MAX_TILE * IOU_WINOGRAD_MAX_TILE };
    const size_t columns = plan->kernels.gemm->columns, first = task->part.panel * columns;
    const size_t left = plan->columns - first, most = task->part.panels * columns;
    const size_t width = plan->blocks.panels * columns;
    const bool residual = plan->residual.input >= 0;
    float *pixels[MOST];
    const float *residuals[MOST];
    for (size_t i = 0; i < task->part.rows; i++) {
        const tile_location at = locate_tile(plan, call, task->part.row + i);
        point_outputs(&at, first, pixels);
        if (residual) {
            point_residuals(&at, first, residuals);
        }
        const iou_winograd_output output = {
            .from = task->outputs + i * width,
            .line_stride = task->line,
            .stride = pixel_stride(plan),
            .channels = iou_size_min(left, most),
            .bias =
                plan->packed +
                iou_winograd_patch(plan->own.winograd.kernel) * plan->panels * plan->panel_size +
                first,
            .pixels = pixels,
            .residual = residual ? residuals : NULL,
            .lo = plan->lo,
            .hi = plan->hi,
        };
        plan->own.winograd.kernel->output_down(&output);
        finish_tile(call, &at, first, output.channels, pixels);
    }
}

iou_status iou_conv_winograd_run(const iou_call *call, size_t task_index) {
    const iou_conv_plan *plan = call->params;
    const winograd_task task = locate(plan, call, task_index);
    transform_inputs(plan, call, &task);
    for (size_t y = 0; y < iou_winograd_patch(plan->own.winograd.kernel); y++) {
        filter_line(plan, &task, y);
    }
    transform_outputs(plan, call, &task);
    return IOU_OK;
}

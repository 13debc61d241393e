/* Winograd's filtering with tiles of 2, 4 and 6 pixels: where it suits, what it costs, its weights.
 */
#include "ops/conv/conv.h"

#include <string.h>

/* ---- Choice -------------------------------------------------------------------------------- */

static bool is_3x3(const iou_conv_shape *s) {
    bool plain =
        s->kernel[0] == 1 && s->in[0] == 1 && s->out[0] == 1 && s->pad[0] == 0 && s->group == 1;
    for (int i = 1; i < IOU_CONV_SPATIAL && plain; i++) {
        plain = s->kernel[i] == 3 && s->stride[i] == 1 && s->dilation[i] == 1;
    }
    return plain;
}

/* Multiplications per output pixel. */
static double filtering_cost(const iou_conv_request *request, size_t tile) {
    const iou_conv_shape *s = request->shape;
    const double in = (double)s->in_channels, out = (double)s->out_channels, m = (double)tile;
    return (m + 2) * (m + 2) / (m * m) *
           (iou_conv_tap_cost(request) + (double)IOU_WINOGRAD_TRANSFORM * (in + out));
}

/* The largest tile that pays. It stores more of the filters (2x2: 1.3 times, 4x4: 2, 6x6: 2.7),
 * which have to be read from memory for every image. */
static size_t largest_tile(const iou_conv_shape *s, bool shared) {
    enum { FEW = 128 * 128, MANY = 512 * 512 };
    const int64_t filters = s->in_channels * s->out_channels;
    return filters <= (shared ? MANY : FEW) ? 6 : filters <= MANY ? 4 : 2;
}

/* A forced tile is taken wherever it can be used. */
static bool suits(const iou_conv_request *request, size_t tile) {
    const size_t forced = request->kernels->winograd_tile;
    return request->type == IOU_FLOAT && request->constant && request->kernels->winograd != NULL &&
           is_3x3(request->shape) &&
           tile == (forced != 0 ? forced : largest_tile(request->shape, request->shared));
}

static double cost(const iou_conv_request *request, size_t tile) {
    return request->kernels->winograd_tile != 0 ? 0 : filtering_cost(request, tile);
}

/* ---- Plan ---------------------------------------------------------------------------------- */

static size_t count_tiles(const iou_conv_shape *shape, size_t tile) {
    const size_t height = iou_divide_up((size_t)shape->out[1], tile);
    const size_t width = iou_divide_up((size_t)shape->out[2], tile);
    return (size_t)shape->batch * height * width;
}

static void partition(iou_conv_plan *plan, size_t tile, size_t threads) {
    plan->own.winograd =
        (iou_conv_winograd){.kernel = &plan->kernels.winograd->tiles[tile / 2 - 1]};
    plan->rows = count_tiles(&plan->shape, tile);
    plan->panels = iou_divide_up(plan->columns, plan->kernels.gemm->columns);
    plan->panel_size = plan->channels * 3 * plan->kernels.gemm->columns;
    iou_conv_partition_tiles(plan, threads);
}

static size_t packed(const iou_conv_plan *plan, bool task) {
    (void)task; /* weights are constants */
    const size_t lines = iou_winograd_patch(plan->own.winograd.kernel);
    return iou_size_times(plan->panel_size * lines + plan->kernels.gemm->columns, plan->panels);
}

static void scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    scratch->floats = iou_conv_winograd_scratch(plan);
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

/* Weights that are transformed down the columns, of [line][panel][channel][tap along it][column],
 * and the bias by column behind all of them. */
static void pack(const iou_conv_plan *plan, const iou_conv_source *source, size_t first,
                 size_t count, size_t origin, float *memory) {
    (void)origin;
    enum { MOST_COLUMNS = 32 };
    const size_t columns = plan->kernels.gemm->columns,
                 n = iou_winograd_patch(plan->own.winograd.kernel);
    const size_t line = plan->panels * plan->panel_size;
    float taps[9 * MOST_COLUMNS];
    for (size_t i = first; i < first + count; i++) {
        float *bias = memory + n * line + i * columns, *panel = memory + i * plan->panel_size;
        const size_t channel = i * columns, left = plan->columns - channel;
        const size_t real = iou_size_min(left, columns);
        for (size_t j = 0; j < columns; j++) {
            bias[j] = j < real ? iou_conv_bias(source, channel + j) : 0.0F;
        }
        memset(taps, 0, sizeof taps);
        for (size_t c = 0; c < plan->channels; c++, panel += 3 * columns) {
            gather_filters(plan, source, channel, real, c, taps);
            plan->own.winograd.kernel->filter_down(taps, panel, columns, line);
        }
    }
}

/* ---- Tiles --------------------------------------------------------------------------------- */

static bool suits_2(const iou_conv_request *request) {
    return suits(request, 2);
}

static double cost_2(const iou_conv_request *request) {
    return cost(request, 2);
}

static void partition_2(iou_conv_plan *plan, size_t threads) {
    partition(plan, 2, threads);
}

const iou_conv_algorithm iou_conv_winograd_2 = {
    .name = "winograd 2",
    .suits = suits_2,
    .cost = cost_2,
    .partition = partition_2,
    .packed = packed,
    .pack = pack,
    .scratch = scratch,
    .run = iou_conv_winograd_run,
    .finishes_once = true,
};

static bool suits_4(const iou_conv_request *request) {
    return suits(request, 4);
}

static double cost_4(const iou_conv_request *request) {
    return cost(request, 4);
}

static void partition_4(iou_conv_plan *plan, size_t threads) {
    partition(plan, 4, threads);
}

const iou_conv_algorithm iou_conv_winograd_4 = {
    .name = "winograd 4",
    .suits = suits_4,
    .cost = cost_4,
    .partition = partition_4,
    .packed = packed,
    .pack = pack,
    .scratch = scratch,
    .run = iou_conv_winograd_run,
    .finishes_once = true,
};

static bool suits_6(const iou_conv_request *request) {
    return suits(request, 6);
}

static double cost_6(const iou_conv_request *request) {
    return cost(request, 6);
}

static void partition_6(iou_conv_plan *plan, size_t threads) {
    partition(plan, 6, threads);
}

const iou_conv_algorithm iou_conv_winograd_6 = {
    .name = "winograd 6",
    .suits = suits_6,
    .cost = cost_6,
    .partition = partition_6,
    .packed = packed,
    .pack = pack,
    .scratch = scratch,
    .run = iou_conv_winograd_run,
    .finishes_once = true,
};

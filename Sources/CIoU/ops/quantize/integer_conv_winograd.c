/*
 * A 3x3 integer convolution with stride 1 by Winograd's filtering, block by block: some tiles are
 * transformed, each of their positions is a product of int16 with the transformed filters, and the
 * sums are transformed back. It needs 36 products for 16 pixels in place of 144, and its results
 * are the same to the bit.
 */
#include "core/caches.h"
#include "ops/quantize/integer_conv_plan.h"
#include "ops/quantize/integer_winograd.h"

#include <string.h>

enum {
    TILE = IOU_INTEGER_WINOGRAD_TILE,
    PATCH = IOU_INTEGER_WINOGRAD_PATCH,
    POSITIONS = IOU_INTEGER_WINOGRAD_POSITIONS,
    WIDTH = 3,
    TAPS = WIDTH * WIDTH,
    GROUP = IOU_INTEGER_GROUP / (int)sizeof(int16_t), /* channels of a group */
    TRANSFORM = 24,  /* products of a vector that take as long as a channel of a tile, either way */
    MOST_TILES = 128 /* of a task */
};

static size_t tiles_of(const iou_conv_shape *s) {
    return (size_t)s->batch * iou_divide_up((size_t)s->out[1], TILE) *
           iou_divide_up((size_t)s->out[2], TILE);
}

/* ---- Filters ------------------------------------------------------------------------------- */

static size_t groups_of(const iou_integer_conv *p) {
    return iou_divide_up(p->channels, (size_t)GROUP);
}

/** Bytes of a panel's filters for one position. */
static size_t position_size(const iou_integer_conv *p) {
    return groups_of(p) * p->kernels->columns * IOU_INTEGER_GROUP;
}

/** Bytes of a panel's filters, half transformed. */
static size_t panel_size(const iou_integer_conv *p) {
    return PATCH * WIDTH * position_size(p);
}

/** Three taps down a column by the matrix G, whose denominators are left to the outputs: [1 0 0],
 * [1 1 1], [1 -1 1], [1 2 4], [1 -2 4], [0 0 1]. */
static void transform_column(int32_t first, int32_t second, int32_t third, int32_t to[PATCH]) {
    to[0] = first;
    to[1] = first + second + third;
    to[2] = first - second + third;
    to[3] = first + 2 * second + 4 * third;
    to[4] = first - 2 * second + 4 * third;
    to[5] = third;
}

/** One filter, of column `n` of its panel, by half of its transform, so that it takes a half of the
 * memory: int16 [line][tap of it][group][column][2]. */
static void pack_filter(const iou_conv_packing *packing, size_t filter, size_t n, char *panel) {
    const iou_integer_conv *p = packing->p;
    for (size_t c = 0; c < p->channels; c++) {
        const size_t at = (c / GROUP * p->kernels->columns + n) * GROUP + c % GROUP;
        for (size_t x = 0; x < WIDTH; x++) {
            int32_t taps[WIDTH], lines[PATCH];
            for (size_t y = 0; y < WIDTH; y++) {
                const size_t tap = (filter * p->channels + c) * TAPS + y * WIDTH + x;
                taps[y] = iou_integer_conv_weight(packing, filter, tap);
            }
            transform_column(taps[0], taps[1], taps[2], lines);
            for (size_t y = 0; y < PATCH; y++) {
                char *to = panel + (y * WIDTH + x) * position_size(p);
                ((int16_t *)(void *)to)[at] = (int16_t)lines[y];
            }
        }
    }
}

/** Packs panels. */
static void pack(const void *context, void *memory, size_t first, size_t count) {
    const iou_conv_packing *packing = context;
    const iou_integer_conv *p = packing->p;
    const size_t size = panel_size(p);
    for (size_t panel = first; panel < first + count; panel++) {
        char *to = (char *)memory + panel * size;
        const size_t column = panel * p->kernels->columns;
        const size_t columns = iou_size_min(p->kernels->columns, p->columns - column);
        memset(to, 0, size);
        for (size_t n = 0; n < columns; n++) {
            pack_filter(packing, column + n, n, to);
        }
    }
}

/* ---- Run ----------------------------------------------------------------------------------- */

/** A block of tiles, some panels, and the memory between the transforms. */
typedef struct block {
    size_t tile, tiles, first_panel, panels;
    size_t stride;    /**< int16 between tiles */
    int16_t *inputs;  /**< [position][tile][channel] */
    int16_t *filters; /**< of a panel and a line: [position 1 to 4][group][column][2] */
    int32_t *sums;    /**< [position][tile][column] */
    int32_t *pixels;  /**< [pixel][column] */
    char *padding;    /**< a pixel of zero points */
} block;

static size_t tile_stride(const iou_integer_conv *p) {
    return iou_divide_up(p->channels, (size_t)IOU_INTEGER_WINOGRAD_LANES) *
           IOU_INTEGER_WINOGRAD_LANES;
}

/* Between positions lies a line of the cache more, so that they do not evict each other. */
static size_t input_stride(const iou_integer_conv *p) {
    return p->rows * tile_stride(p) + 64 / sizeof(int16_t);
}

static size_t sums_stride(const iou_integer_conv *p) {
    return p->rows * p->kernels->columns + 64 / sizeof(int32_t);
}

/** Bytes of the parts of the scratch; SIZE_MAX: too many. */
typedef struct parts {
    size_t inputs, filters, sums, pixels, padding;
} parts;

static parts parts_of(const iou_integer_conv *p) {
    const size_t columns = p->kernels->columns * sizeof(int32_t);
    return (parts){.inputs = iou_size_times(POSITIONS * sizeof(int16_t), input_stride(p)),
                   .filters = (PATCH - 2) * position_size(p),
                   .sums = POSITIONS * sums_stride(p) * sizeof(int32_t),
                   .pixels = TILE * TILE * columns,
                   .padding = iou_divide_up(p->channels, 64) * 64};
}

static block block_of(const iou_integer_conv *p, const iou_call *call, size_t task) {
    const parts sizes = parts_of(p);
    const size_t tile = task / p->panel_tasks * p->rows, first = task % p->panel_tasks * p->panels;
    const size_t panels = iou_integer_panels(p->kernels, p->columns);
    char *inputs = call->scratch, *filters = inputs + sizes.inputs;
    char *sums = filters + sizes.filters, *pixels = sums + sizes.sums;
    return (block){.tile = tile,
                   .tiles = iou_size_min(p->rows, tiles_of(&p->shape) - tile),
                   .first_panel = first,
                   .panels = iou_size_min(p->panels, panels - first),
                   .stride = tile_stride(p),
                   .inputs = (int16_t *)(void *)inputs,
                   .filters = (int16_t *)(void *)filters,
                   .sums = (int32_t *)(void *)sums,
                   .pixels = (int32_t *)(void *)pixels,
                   .padding = pixels + sizes.pixels};
}

/** Where a tile's first output pixel is. */
typedef struct tile_place {
    size_t picture, y, x;
} tile_place;

static tile_place place_of(const iou_conv_shape *s, size_t tile) {
    const size_t width = iou_divide_up((size_t)s->out[2], TILE);
    const size_t height = iou_divide_up((size_t)s->out[1], TILE);
    return (tile_place){tile / (width * height), tile / width % height * TILE, tile % width * TILE};
}

static void point_pixels(const iou_integer_conv *p, const uint8_t *image, const char *padding,
                         size_t tile, const uint8_t **pixels) {
    const iou_conv_shape *s = &p->shape;
    const tile_place at = place_of(s, tile);
    for (int64_t i = 0; i < PATCH * PATCH; i++) {
        const int64_t y = (int64_t)at.y + i / PATCH - s->pad[1];
        const int64_t x = (int64_t)at.x + i % PATCH - s->pad[2];
        const bool inside = y >= 0 && y < s->in[1] && x >= 0 && x < s->in[2];
        const size_t pixel = (at.picture * (size_t)s->in[1] + (size_t)y) * (size_t)s->in[2];
        pixels[i] = inside ? image + (pixel + (size_t)x) * (size_t)s->in_channels
                           : (const uint8_t *)padding;
    }
}

static void transform_inputs(const iou_integer_conv *p, const iou_call *call, const block *b) {
    const int32_t zero = iou_conv_zero(p, call, p->inputs->left_zero, p->image);
    const uint8_t flip = p->image == IOU_INT8 ? 128 : 0;
    const uint8_t *pixels[POSITIONS];
    memset(b->padding, zero, p->channels);
    for (size_t i = 0; i < b->tiles; i++) {
        point_pixels(p, call->in[p->inputs->left], b->padding, b->tile + i, pixels);
        const iou_integer_winograd_input input = {.pixels = pixels,
                                                  .channels = p->channels,
                                                  .flip = flip,
                                                  .zero = (int16_t)(zero + flip),
                                                  .to = b->inputs + i * b->stride,
                                                  .stride = input_stride(p)};
        p->winograd->input(&input);
    }
}

/** The products of all tiles at one position by a panel's filters for it. */
static void multiply_position(const iou_integer_conv *p, const block *b, size_t position,
                              const char *filters, size_t columns) {
    static const int32_t starts[IOU_INTEGER_MOST_COLUMNS];
    const int16_t *inputs = b->inputs + position * input_stride(p);
    const char *at[MOST_TILES];
    for (size_t tile = 0; tile < b->tiles; tile++) {
        at[tile] = (const char *)(inputs + tile * b->stride);
    }
    p->kernels->multiply(&(iou_integer_panel_product){.left = {at, b->tiles, 1, groups_of(p)},
                                                      .rows = b->tiles,
                                                      .panel = filters,
                                                      .columns = columns,
                                                      .starts = starts,
                                                      .sums = b->sums + position * sums_stride(p)});
}

/** The products of all tiles and positions by one panel, whose filters are transformed to the end
 * line by line, in the cache. */
static void multiply(const iou_integer_conv *p, const block *b, size_t panel) {
    const size_t columns =
        iou_size_min(p->kernels->columns, p->columns - panel * p->kernels->columns);
    const size_t size = position_size(p);
    for (size_t y = 0; y < PATCH; y++) {
        const char *line = p->packed + panel * panel_size(p) + y * WIDTH * size;
        iou_integer_winograd_filter filter = {.to = b->filters, .size = size / sizeof(int16_t)};
        for (size_t x = 0; x < WIDTH; x++) {
            filter.taps[x] = (const int16_t *)(const void *)(line + x * size);
        }
        p->winograd->filter(&filter);
        for (size_t x = 0; x < PATCH; x++) {
            const char *filters = x == 0           ? line
                                  : x == PATCH - 1 ? line + (WIDTH - 1) * size
                                                   : (const char *)b->filters + (x - 1) * size;
            multiply_position(p, b, y * PATCH + x, filters, columns);
        }
    }
}

/** Stores those pixels of a tile that the output has. */
static void store_tile(const iou_conv_sink *sink, const block *b, size_t tile, size_t column,
                       size_t columns) {
    const iou_conv_shape *s = &sink->p->shape;
    const size_t height = (size_t)s->out[1], width = (size_t)s->out[2];
    const size_t stride = sink->p->kernels->columns;
    const tile_place at = place_of(s, tile);
    for (size_t i = 0; i < iou_size_min(TILE, height - at.y); i++) {
        const iou_sums line = {b->pixels + i * TILE * stride, stride,
                               iou_size_min(TILE, width - at.x), columns};
        iou_conv_store(sink, (at.picture * height + at.y + i) * width + at.x, column, &line);
    }
}

static void transform_outputs(const iou_conv_sink *sink, const block *b, size_t panel) {
    const iou_integer_conv *p = sink->p;
    const size_t column = panel * p->kernels->columns;
    const size_t columns = iou_size_min(p->kernels->columns, p->columns - column);
    int32_t biases[IOU_INTEGER_MOST_COLUMNS] = {0};
    if (sink->numbers->biases != NULL) {
        memcpy(biases, sink->numbers->biases + column, columns * sizeof *biases);
    }
    for (size_t i = 0; i < b->tiles; i++) {
        const iou_integer_winograd_output output = {.from = b->sums + i * p->kernels->columns,
                                                    .stride = sums_stride(p),
                                                    .columns = p->kernels->columns,
                                                    .biases = biases,
                                                    .to = b->pixels};
        p->winograd->output(&output);
        store_tile(sink, b, b->tile + i, column, columns);
    }
}

static iou_status run(const iou_call *call, size_t task) {
    const iou_integer_conv *p = call->params;
    const block b = block_of(p, call, task);
    iou_conv_numbers numbers;
    IOU_TRY(iou_conv_numbers_read(p, call, &numbers));
    const iou_conv_sink sink = {p, &numbers, call->out[0], 0, 0};
    transform_inputs(p, call, &b);
    for (size_t panel = b.first_panel; panel < b.first_panel + b.panels; panel++) {
        multiply(p, &b, panel);
        transform_outputs(&sink, &b, panel);
    }
    return IOU_OK;
}

/* ---- Prepare ------------------------------------------------------------------------------- */

static bool is_3x3(const iou_conv_shape *s) {
    bool plain = s->kernel[0] == 1 && s->kernel[1] == 3 && s->kernel[2] == 3 && s->in[0] == 1 &&
                 s->out[0] == 1 && s->pad[0] == 0;
    for (int i = 0; i < IOU_CONV_SPATIAL; i++) {
        plain = plain && s->stride[i] == 1 && s->dilation[i] == 1;
    }
    return plain;
}

/** Whether each sum is exact, whatever the image is. */
static bool fits(const iou_prepare *prepare, const iou_integer_conv *p) {
    const iou_conv_packing from = iou_conv_packing_of(prepare, p);
    const size_t depth = p->channels * TAPS;
    int64_t most = 0;
    for (size_t m = 0; m < p->columns; m++) {
        int64_t sum = 0;
        for (size_t k = 0; k < depth; k++) {
            const int32_t weight = iou_integer_conv_weight(&from, m, m * depth + k);
            sum += weight < 0 ? -weight : weight;
        }
        most = sum > most ? sum : most;
    }
    return most * UINT8_MAX < IOU_INTEGER_WINOGRAD_LARGEST;
}

/** Whether it takes less time than products of the pixels; both in products of 16 groups. */
static bool pays(const iou_prepare *prepare, const iou_integer_conv *p) {
    const iou_integer_kernels *words = iou_integer_choose(prepare->isa, false);
    const size_t wide = iou_integer_panels(words, p->columns) * words->columns / 16;
    const size_t direct_wide =
        iou_integer_panels(p->kernels, p->columns) * p->kernels->columns / 16;
    const size_t depth = iou_integer_row_size(p->kernels, p->channels) / IOU_INTEGER_GROUP;
    const double direct = (double)(p->pixels * TAPS) * (double)(depth * direct_wide);
    const double tile = (double)(POSITIONS * groups_of(p) * wide) +
                        (double)(TRANSFORM * (p->channels + p->columns));
    return (double)tiles_of(&p->shape) * tile < direct;
}

bool iou_integer_conv_suits_winograd(const iou_prepare *prepare, const iou_integer_conv *p) {
    return p->kernels->isa != IOU_ISA_SCALAR && p->shape.group == 1 && is_3x3(&p->shape) &&
           iou_conv_can_pack(prepare, p) && pays(prepare, p) && fits(prepare, p);
}

/** As many tiles as the cache takes, cut by panels where tasks are few. */
static void divide(const iou_prepare *prepare, iou_integer_conv *p) {
    const size_t tiles = tiles_of(&p->shape);
    const size_t each =
        POSITIONS * (tile_stride(p) * sizeof(int16_t) + p->kernels->columns * sizeof(int32_t));
    const size_t room = prepare->caches.second / each / p->kernels->rows * p->kernels->rows;
    p->rows = iou_size_min(iou_size_max(iou_size_min(room, MOST_TILES), p->kernels->rows), tiles);
    p->row_tasks = iou_divide_up(tiles, p->rows);
    iou_conv_cut_panels(prepare, p, p->row_tasks);
}

iou_status iou_integer_conv_winograd(const iou_prepare *prepare, iou_integer_conv *p) {
    p->winograd = iou_integer_winograd_choose(prepare->isa);
    p->kernels = iou_integer_choose(prepare->isa, false);
    const size_t panels = iou_integer_panels(p->kernels, p->columns);
    const iou_packing packing = {.kind = IOU_CONV_PACKED_WINOGRAD,
                                 .size = iou_size_times(panel_size(p), panels),
                                 .units = panels};
    IOU_TRY(iou_conv_pack_weights(prepare, p, packing, pack));
    divide(prepare, p);
    const parts sizes = parts_of(p);
    prepare->step->run = run;
    prepare->step->task_count = p->row_tasks * p->panel_tasks;
    prepare->step->algorithm = "integer Winograd";
    prepare->step->isa = iou_isa_name(p->kernels->isa);
    const size_t rest = sizes.filters + sizes.sums + sizes.pixels + sizes.padding;
    return iou_conv_lay_out(prepare, p,
                            sizes.inputs < SIZE_MAX / 4 ? sizes.inputs + rest : SIZE_MAX, 0);
}

/* Every decision that trades speed: algorithm and block sizes. */
#include "ops/conv/conv.h"

#include <math.h>

enum {
    TASKS = 32,         /* to aim at: enough to balance a few threads */
    LEAST_UNITS = 2,    /* of rows in a task that is cut to reach TASKS */
    MOST_PANELS = 32,   /* of a task */
    STEP_BYTES = 32768, /* of a panel of B per step along the sum */
    LONGEST_LINE = 4096,
    MOST_GROUP_INPUTS = 64, /* channels of a group narrower than a vector */
    GATHER_BELOW = 8,       /* channels: fewer make the kernel's inner loop too short */
    TRANSFORM = 36 /* multiplications that take as long as to transform a float for Winograd */
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

iou_conv_kernels iou_conv_kernels_for(iou_isa isa) {
    return (iou_conv_kernels){.gemm = iou_gemm_choose(isa),
                              .grouped = iou_grouped_choose(isa),
                              .winograd = iou_winograd_choose(isa),
                              .depthwise = iou_depthwise_choose(isa)};
}

size_t iou_conv_groups_of(const iou_conv_shape *shape, size_t lanes) {
    const size_t in = (size_t)(shape->in_channels / shape->group);
    const size_t out = (size_t)(shape->out_channels / shape->group);
    const size_t groups = larger(1, lanes / out);
    return in <= lanes / groups ? groups : 1;
}

bool iou_conv_slides(const iou_conv_shape *shape) {
    return shape->kernel[2] == IOU_GROUPED_SLIDE && shape->stride[2] == 1 &&
           shape->dilation[2] == 1 && shape->out[2] >= IOU_GROUPED_LINE &&
           shape->out[2] <= LONGEST_LINE;
}

bool iou_conv_suits_lines(const iou_conv_shape *shape) {
    return shape->kernel[2] == IOU_DEPTHWISE_WIDTH && shape->dilation[2] == 1 &&
           shape->stride[2] <= 2 && shape->out[2] <= LONGEST_LINE;
}

/* Lines of the image under `lines` lines of the output. */
static int64_t lines_under(const iou_conv_shape *shape, int64_t lines) {
    const int64_t reach = (shape->kernel[1] - 1) * shape->dilation[1] + 1;
    const int64_t all = (lines - 1) * shape->stride[1] + reach;
    return all < shape->in[1] ? all : shape->in[1];
}

size_t iou_conv_copied_groups(const iou_conv_shape *shape) {
    enum { RUN = 64 }; /* floats of a pixel that are read at a time */
    return (size_t)larger(
        1, smaller((size_t)shape->group, RUN / (size_t)(shape->in_channels / shape->group)));
}

bool iou_conv_suits_group_gemm(const iou_conv_shape *shape) {
    enum { NARROWEST = 8, DEEPEST = 1024, LARGEST = 65536 }; /* floats of a line's region */
    const int64_t in = shape->in_channels / shape->group;
    const int64_t copied = in * (int64_t)iou_conv_copied_groups(shape);
    const int64_t taps = shape->kernel[1] * shape->kernel[2];
    const bool flat = shape->kernel[0] == 1 && shape->in[0] == 1 && shape->out[0] == 1;
    return shape->group > 1 && flat && shape->batch > 0 && shape->out[1] > 0 && taps > 1 &&
           in >= NARROWEST && shape->out_channels / shape->group >= NARROWEST &&
           taps <= DEEPEST / in && shape->out[2] > 0 && shape->out[2] <= LONGEST_LINE &&
           shape->in[2] <= LARGEST / copied / lines_under(shape, 1);
}

/* Whether the grouped kernels beat a matrix product per group. */
static bool suits_grouped(const iou_conv_shape *shape, size_t lanes) {
    const size_t in = (size_t)(shape->in_channels / shape->group);
    const size_t out = (size_t)(shape->out_channels / shape->group);
    return iou_conv_groups_of(shape, lanes) > 1 ||
           (out <= lanes && in <= MOST_GROUP_INPUTS && iou_conv_slides(shape));
}

/* Multiplications of a pixel by the filters at one tap: vectors are whole. */
static double tap_cost(const iou_conv_shape *s, const iou_gemm_kernels *gemm) {
    const size_t lanes = gemm->columns / 2;
    const size_t vectors = iou_conv_divide_up((size_t)s->out_channels, lanes);
    return (double)s->in_channels * (double)(vectors * lanes);
}

/* Multiplications per output pixel. */
static double winograd_cost(const iou_conv_shape *s, const iou_gemm_kernels *gemm, size_t tile) {
    const double in = (double)s->in_channels, out = (double)s->out_channels, m = (double)tile;
    return (m + 2) * (m + 2) / (m * m) * (tap_cost(s, gemm) + TRANSFORM * (in + out));
}

/* The largest tile that pays. It stores more of the filters (2x2: 1.8 times, 4x4: 4, 6x6: 7.1),
 * which have to be read from memory for every image. */
static size_t largest_tile(const iou_conv_shape *s, bool shared) {
    enum { MANY = 128 * 128, MANY_SHARED = 256 * 256, FAR_TOO_MANY = 512 * 512 };
    const int64_t filters = s->in_channels * s->out_channels;
    return filters <= (shared ? MANY_SHARED : MANY) ? 6 : filters < FAR_TOO_MANY ? 4 : 2;
}

/*
 * Winograd's filtering, where it takes less time; else IOU_CONV_IGEMM. The choice does not depend
 * on the size of the image, so that a new size finds its filters packed.
 */
static iou_conv_algorithm choose_3x3(const iou_conv_shape *s, const iou_conv_kernels *kernels,
                                     bool shared) {
    const size_t forced = kernels->winograd_tile;
    const size_t tile = forced != 0 ? forced : largest_tile(s, shared);
    const double direct = 9 * tap_cost(s, kernels->gemm);
    if (forced == 0 && direct <= winograd_cost(s, kernels->gemm, tile)) {
        return IOU_CONV_IGEMM;
    }
    return (iou_conv_algorithm)(IOU_CONV_WINOGRAD + tile / 2 - 1);
}

static bool is_3x3(const iou_conv_shape *s) {
    bool plain =
        s->kernel[0] == 1 && s->in[0] == 1 && s->out[0] == 1 && s->pad[0] == 0 && s->group == 1;
    for (int i = 1; i < IOU_CONV_SPATIAL && plain; i++) {
        plain = s->kernel[i] == 3 && s->stride[i] == 1 && s->dilation[i] == 1;
    }
    return plain;
}

iou_conv_algorithm iou_conv_choose(const iou_conv_shape *shape, const iou_conv_kernels *kernels,
                                   bool packed, bool shared) {
    const int64_t taps = shape->kernel[0] * shape->kernel[1] * shape->kernel[2];
    if (shape->group > 1 && shape->group == shape->in_channels &&
        shape->group == shape->out_channels) {
        return IOU_CONV_DEPTHWISE;
    }
    if (shape->group > 1 && suits_grouped(shape, kernels->grouped->lanes)) {
        return IOU_CONV_GROUPED;
    }
    if (taps == 1) {
        return IOU_CONV_GEMM;
    }
    if (iou_conv_suits_group_gemm(shape)) {
        return IOU_CONV_GROUP_GEMM;
    }
    if (packed && kernels->winograd != NULL && is_3x3(shape)) {
        const iou_conv_algorithm chosen = choose_3x3(shape, kernels, shared);
        if (chosen != IOU_CONV_IGEMM) {
            return chosen;
        }
    }
    /* Row pointers serve all groups, gathered rows one: they do not pay in groups. */
    return shape->group == 1 && shape->in_channels < GATHER_BELOW ? IOU_CONV_IM2COL
                                                                  : IOU_CONV_IGEMM;
}

void iou_conv_divide(iou_conv_blocks *blocks, size_t rows, size_t unit, size_t most,
                     size_t panels) {
    const size_t units = larger(1, iou_conv_divide_up(rows, unit));
    size_t row_blocks = iou_conv_divide_up(units, most);
    size_t panel_blocks = iou_conv_divide_up(panels, MOST_PANELS);
    /* Small maps: cut the channels first, since all tasks then read the same few pixels. */
    if (row_blocks < TASKS) {
        const size_t wanted = iou_conv_divide_up(TASKS, row_blocks);
        panel_blocks = larger(panel_blocks, smaller(panels, wanted));
    }
    if (row_blocks * panel_blocks < TASKS) {
        const size_t wanted = iou_conv_divide_up(TASKS, panel_blocks);
        row_blocks = larger(row_blocks, smaller(iou_conv_divide_up(units, LEAST_UNITS), wanted));
    }
    blocks->rows = iou_conv_divide_up(units, row_blocks) * unit;
    blocks->row_blocks = larger(1, iou_conv_divide_up(rows, blocks->rows));
    blocks->panels = iou_conv_divide_up(panels, panel_blocks);
    blocks->panel_blocks = iou_conv_divide_up(panels, blocks->panels);
}

void iou_conv_divide_thin(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels) {
    enum { ROWS = 128, FEW = 8 };
    const size_t most = larger(1, ROWS / line);
    iou_conv_divide(blocks, rows, line, most, 1);
    if (blocks->row_blocks < FEW) {
        iou_conv_divide(blocks, rows, line, most, panels);
    } else {
        blocks->panels = panels; /* pointing at rows costs as much as 64 channels: point once */
    }
}

size_t iou_conv_divide_groups(iou_conv_blocks *blocks, const iou_conv_shape *shape,
                              size_t group_panels) {
    enum { ROWS = 384, REGION = 16384 }; /* pixels of the output, floats of the region */
    const size_t height = (size_t)shape->out[1], width = (size_t)shape->out[2];
    const size_t groups = (size_t)shape->group, copied = iou_conv_copied_groups(shape);
    const size_t channels = (size_t)shape->in_channels / groups * copied;
    size_t lines = larger(1, smaller(height, ROWS / width));
    while (lines > 1 &&
           (size_t)(lines_under(shape, (int64_t)lines) * shape->in[2]) * channels > REGION) {
        lines--;
    }
    const size_t cuts = iou_conv_divide_up(height, lines);
    lines = iou_conv_divide_up(height, cuts);
    blocks->rows = lines * width;
    blocks->row_blocks = iou_conv_divide_up(height, lines) * (size_t)shape->batch;
    const size_t wanted = iou_conv_divide_up(TASKS, blocks->row_blocks);
    const size_t batches = iou_conv_divide_up(groups, copied);
    blocks->panels = iou_conv_divide_up(batches, smaller(wanted, batches)) * copied * group_panels;
    blocks->panel_blocks = iou_conv_divide_up(groups * group_panels, blocks->panels);
    return (size_t)lines_under(shape, (int64_t)lines);
}

void iou_conv_divide_lines(iou_conv_blocks *blocks, size_t rows, size_t line, size_t panels) {
    enum { WANTED = 16, FEW = 8 }; /* neighbouring lines share what they read */
    const size_t lines = larger(1, rows / larger(1, line));
    const size_t row_blocks = smaller(lines, WANTED);
    const size_t panel_blocks = lines < FEW ? smaller(panels, iou_conv_divide_up(FEW, lines)) : 1;
    blocks->rows = iou_conv_divide_up(lines, row_blocks) * line;
    blocks->row_blocks = larger(1, iou_conv_divide_up(rows, larger(1, blocks->rows)));
    blocks->panels = iou_conv_divide_up(panels, panel_blocks);
    blocks->panel_blocks = iou_conv_divide_up(panels, blocks->panels);
}

/* Panels that stay in the second cache take few rows at a time, if the output does not stay in it:
 * the output and the residual are then passed in the order of memory. */
void iou_conv_divide_rows(iou_conv_plan *plan) {
    enum { MANY_PANELS = 16, NEAR = 80 << 10, FAR = 1 << 20, UNITS = 2 }; /* sizes in floats */
    iou_conv_blocks *blocks = &plan->blocks;
    const bool near = plan->shape.group == 1 && blocks->panels >= MANY_PANELS &&
                      blocks->panels * plan->panel_size <= NEAR;
    const bool far = plan->rows * plan->columns > FAR;
    blocks->rows_at_once = near && far ? UNITS * plan->kernels.gemm->rows : larger(1, blocks->rows);
}

static void cut_tiles(const iou_conv_plan *plan, size_t row_blocks, size_t panel_blocks,
                      iou_conv_blocks *blocks) {
    blocks->rows = larger(1, iou_conv_divide_up(plan->rows, row_blocks));
    blocks->row_blocks = larger(1, iou_conv_divide_up(plan->rows, blocks->rows));
    blocks->panels = iou_conv_divide_up(plan->panels, panel_blocks);
    blocks->panel_blocks = iou_conv_divide_up(plan->panels, blocks->panels);
}

/* Multiplications of the thread that has the most tasks, per position of a tile. To bring the
 * filters of a task from memory takes as long as to multiply some tiles with them. */
static double tiles_cost(const iou_conv_plan *plan, const iou_conv_blocks *blocks, size_t threads) {
    enum { FETCHED = 5 };
    const double in = (double)plan->channels, rows = (double)blocks->rows;
    const double out = (double)(blocks->panels * plan->kernels.gemm->columns);
    const size_t rounds = iou_conv_divide_up(blocks->row_blocks * blocks->panel_blocks, threads);
    return (double)rounds * ((rows + FETCHED) * in * out + TRANSFORM * rows * (in + out));
}

void iou_conv_divide_tiles(iou_conv_plan *plan, size_t threads) {
    enum { MOST = 72, MOST_CUTS = 8 };
    const size_t least = larger(1, iou_conv_divide_up(plan->rows, MOST));
    double best = INFINITY;
    for (size_t cuts = 1; cuts <= smaller(plan->panels, MOST_CUTS); cuts++) {
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

void iou_conv_divide_sum(iou_conv_blocks *blocks, size_t taps, size_t channels, size_t columns) {
    const size_t most = STEP_BYTES / sizeof(float) / columns;
    blocks->taps = larger(1, smaller(taps, most / larger(1, channels)));
    blocks->tap_blocks = iou_conv_divide_up(taps, blocks->taps);
    blocks->taps = iou_conv_divide_up(taps, blocks->tap_blocks);
    blocks->channel_blocks = larger(1, iou_conv_divide_up(channels, most + most / 4));
    blocks->channels = iou_conv_divide_up(channels, blocks->channel_blocks);
}

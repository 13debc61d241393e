/* Every decision that trades speed: algorithm and block sizes. */
#include "ops/conv/conv.h"

enum {
    TASKS = 32,         /* to aim at: enough to balance a few threads */
    LEAST_UNITS = 2,    /* of rows in a task that is cut to reach TASKS */
    MOST_PANELS = 32,   /* of a task */
    STEP_BYTES = 16384, /* of a panel of B per step along the sum */
    GATHER_BELOW = 8    /* channels: fewer make the kernel's inner loop too short */
};

static size_t divide_up(size_t a, size_t b) {
    return a / b + (a % b != 0);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

iou_conv_algorithm iou_conv_choose(const iou_conv_shape *shape) {
    const int64_t taps = shape->kernel[0] * shape->kernel[1] * shape->kernel[2];
    if (shape->group > 1 && shape->group == shape->in_channels &&
        shape->group == shape->out_channels) {
        return IOU_CONV_DEPTHWISE;
    }
    if (taps == 1) {
        return IOU_CONV_GEMM;
    }
    return shape->in_channels / shape->group < GATHER_BELOW ? IOU_CONV_IM2COL : IOU_CONV_IGEMM;
}

void iou_conv_divide(iou_conv_blocks *blocks, size_t rows, size_t unit, size_t most, size_t groups,
                     size_t panels) {
    const size_t units = larger(1, divide_up(rows, unit));
    size_t row_blocks = divide_up(units, most);
    size_t panel_blocks = divide_up(panels, MOST_PANELS);
    /* Small maps: cut the channels first, since all tasks then read the same few pixels. */
    if (row_blocks * groups < TASKS) {
        const size_t wanted = divide_up(TASKS, row_blocks * groups);
        panel_blocks = larger(panel_blocks, smaller(panels, wanted));
    }
    if (row_blocks * groups * panel_blocks < TASKS) {
        const size_t wanted = divide_up(TASKS, groups * panel_blocks);
        row_blocks = larger(row_blocks, smaller(divide_up(units, LEAST_UNITS), wanted));
    }
    blocks->rows = divide_up(units, row_blocks) * unit;
    blocks->row_blocks = larger(1, divide_up(rows, blocks->rows));
    blocks->panels = divide_up(panels, panel_blocks);
    blocks->panel_blocks = divide_up(panels, blocks->panels);
}

void iou_conv_divide_depthwise(iou_conv_blocks *blocks, size_t rows, size_t panels) {
    enum { UNIT = 4, MOST = 32, FEW = 8 };
    iou_conv_divide(blocks, rows, UNIT, MOST, 1, 1);
    if (blocks->row_blocks < FEW) {
        iou_conv_divide(blocks, rows, UNIT, MOST, 1, panels);
    } else {
        blocks->panels = panels; /* pointing at rows costs as much as 64 channels: point once */
    }
}

void iou_conv_divide_sum(iou_conv_blocks *blocks, size_t taps, size_t channels, size_t columns) {
    const size_t most = STEP_BYTES / sizeof(float) / columns;
    blocks->taps = larger(1, smaller(taps, most / larger(1, channels)));
    blocks->tap_blocks = divide_up(taps, blocks->taps);
    blocks->taps = divide_up(taps, blocks->tap_blocks);
    blocks->channel_blocks = larger(1, divide_up(channels, most + most / 4));
    blocks->channels = divide_up(channels, blocks->channel_blocks);
}

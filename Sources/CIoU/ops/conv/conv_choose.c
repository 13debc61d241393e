/* Which algorithm computes a convolution. */
#include "ops/conv/conv.h"

enum {
    LONGEST_LINE = 4096,
    MOST_GROUP_INPUTS = 64, /* channels of a group narrower than a vector */
    GATHER_BELOW = 8        /* channels: fewer make the kernel's inner loop too short */
};

iou_conv_kernels iou_conv_kernels_for(iou_isa isa) {
    return (iou_conv_kernels){.gemm = iou_gemm_choose(isa),
                              .grouped = iou_grouped_choose(isa),
                              .winograd = iou_winograd_choose(isa),
                              .depthwise = iou_depthwise_choose(isa)};
}

size_t iou_conv_groups_of(const iou_conv_shape *shape, size_t lanes) {
    const size_t in = (size_t)(shape->in_channels / shape->group);
    const size_t out = (size_t)(shape->out_channels / shape->group);
    const size_t groups = iou_conv_larger(1, lanes / out);
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

int64_t iou_conv_lines_under(const iou_conv_shape *shape, int64_t lines) {
    const int64_t reach = (shape->kernel[1] - 1) * shape->dilation[1] + 1;
    const int64_t all = (lines - 1) * shape->stride[1] + reach;
    return all < shape->in[1] ? all : shape->in[1];
}

size_t iou_conv_copied_groups(const iou_conv_shape *shape) {
    enum { RUN = 64 }; /* floats of a pixel that are read at a time */
    return (size_t)iou_conv_larger(
        1,
        iou_conv_smaller((size_t)shape->group, RUN / (size_t)(shape->in_channels / shape->group)));
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
           shape->in[2] <= LARGEST / copied / iou_conv_lines_under(shape, 1);
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
    return (m + 2) * (m + 2) / (m * m) *
           (tap_cost(s, gemm) + (double)IOU_WINOGRAD_TRANSFORM * (in + out));
}

/* The largest tile that pays. It stores more of the filters (2x2: 1.3 times, 4x4: 2, 6x6: 2.7),
 * which have to be read from memory for every image. */
static size_t largest_tile(const iou_conv_shape *s, bool shared) {
    enum { FEW = 128 * 128, MANY = 512 * 512 };
    const int64_t filters = s->in_channels * s->out_channels;
    return filters <= (shared ? MANY : FEW) ? 6 : filters <= MANY ? 4 : 2;
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

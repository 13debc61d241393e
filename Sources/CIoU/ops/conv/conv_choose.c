/* Which algorithm computes a convolution. */
#include "ops/conv/conv.h"

iou_conv_kernels iou_conv_kernels_for(iou_isa isa) {
    return (iou_conv_kernels){.gemm = iou_gemm_choose(isa),
                              .blas = iou_gemm_blas(isa),
                              .grouped = iou_grouped_choose(isa),
                              .winograd = iou_winograd_choose(isa),
                              .depthwise = iou_depthwise_choose(isa)};
}

double iou_conv_tap_cost(const iou_conv_request *request) {
    const size_t lanes = request->kernels->gemm->columns / 2;
    const size_t vectors = iou_divide_up((size_t)request->shape->out_channels, lanes);
    return (double)request->shape->in_channels * (double)(vectors * lanes);
}

double iou_conv_direct_cost(const iou_conv_request *request) {
    const int64_t *kernel = request->shape->kernel;
    return (double)(kernel[0] * kernel[1] * kernel[2]) * iou_conv_tap_cost(request);
}

static const iou_conv_algorithm *const algorithms[] = {
#define IOU_CONV_ALGORITHM(symbol) &symbol,
#include "ops/conv/conv_algorithms.inc"
#undef IOU_CONV_ALGORITHM
};

enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

const iou_conv_algorithm *iou_conv_choose(const iou_conv_request *request) {
    const iou_conv_algorithm *best = NULL;
    double least = 0;
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (!algorithms[i]->suits(request)) {
            continue;
        }
        if (algorithms[i]->cost == NULL) {
            return algorithms[i];
        }
        const double cost = algorithms[i]->cost(request);
        if (best == NULL || cost < least) {
            best = algorithms[i];
            least = cost;
        }
    }
    return best;
}

int64_t iou_conv_algorithm_index(const iou_conv_algorithm *algorithm) {
    int64_t index = 0;
    while (algorithms[index] != algorithm) {
        index++;
    }
    return index;
}

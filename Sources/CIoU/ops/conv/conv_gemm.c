/* 1x1: rows of the image are rows of a matrix. */
#include "ops/conv/conv.h"

static bool suits(const iou_conv_request *request) {
    const int64_t *kernel = request->shape->kernel;
    return request->type == IOU_FLOAT && kernel[0] * kernel[1] * kernel[2] == 1;
}

const iou_conv_algorithm iou_conv_gemm_algorithm = {
    .name = "gemm",
    .suits = suits,
    .partition = iou_conv_product_partition,
    .packed = iou_conv_product_packed,
    .pack = iou_conv_product_pack,
    .scratch = iou_conv_product_scratch,
    .run = iou_conv_product_run,
    .finishes_once = true,
};

/* An implicit matrix product: a row pointer per tap and pixel. It suits every window. */
#include "ops/conv/conv.h"

static bool suits(const iou_conv_request *request) {
    return request->type == IOU_FLOAT;
}

const iou_conv_algorithm iou_conv_igemm_algorithm = {
    .name = "igemm",
    .suits = suits,
    .cost = iou_conv_direct_cost,
    .partition = iou_conv_product_partition,
    .packed = iou_conv_product_packed,
    .pack = iou_conv_product_pack,
    .scratch = iou_conv_product_scratch,
    .run = iou_conv_product_run,
    .finishes_once = true,
};

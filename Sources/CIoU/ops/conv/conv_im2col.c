/* Few channels: a row pointer per line of taps and pixel, to pixels copied side by side where they
 * are not neighbours in the image. */
#include "ops/conv/conv.h"

enum { FEW = 8 }; /* channels: they make the inner loop of a product too short */

/* Row pointers serve all groups, gathered rows one: they do not pay in groups. */
static bool suits(const iou_conv_request *request) {
    return request->type == IOU_FLOAT && request->shape->group == 1 &&
           request->shape->in_channels < FEW;
}

static void partition(iou_conv_plan *plan, size_t threads) {
    const int64_t *kernel = plan->shape.kernel;
    plan->sum_taps = (size_t)(kernel[0] * kernel[1]);
    plan->sum_channels = (size_t)kernel[2] * plan->channels;
    iou_conv_product_partition(plan, threads);
}

static void scratch(const iou_conv_plan *plan, iou_conv_scratch *scratch) {
    iou_conv_product_scratch(plan, scratch);
    scratch->floats = iou_size_times(plan->blocks.rows, plan->depth);
}

const iou_conv_algorithm iou_conv_im2col_algorithm = {
    .name = "im2col",
    .suits = suits,
    .cost = iou_conv_direct_cost,
    .partition = partition,
    .packed = iou_conv_product_packed,
    .pack = iou_conv_product_pack,
    .scratch = scratch,
    .run = iou_conv_product_run,
    .finishes_once = true,
};

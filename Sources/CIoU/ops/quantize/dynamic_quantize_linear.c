/* DynamicQuantizeLinear: floats to uint8 by a scale and a zero point of their own range. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/quantize/byte_loops.h"

#include <math.h>

typedef struct dynamic_params {
    const iou_node *node;
    const iou_byte_loops *loops;
    size_t count;
} dynamic_params;

static iou_status dynamic_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 3));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_f32));
    for (int i = 0; i < infer->node->output_count; i++) {
        infer->out[i].type = i == 1 ? IOU_FLOAT : IOU_UINT8;
        infer->out[i].rank = 0;
    }
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    return IOU_OK;
}

/* Of a range that is nothing, or next to it, any scale serves. */
static float scale_of(float least, float most) {
    const float scale = (most - least) / 255.0f;
    return scale > 0 ? scale : 1.0f;
}

static bool has_output(const dynamic_params *p, int output) {
    return output < p->node->output_count && p->node->outputs[output] != IOU_NO_VALUE;
}

/* One task: every element depends on all. */
static iou_status dynamic_run(const iou_call *call, size_t task) {
    const dynamic_params *p = call->params;
    const float *x = call->in[0];
    float least = 0, most = 0;
    bool finite = true;
    (void)task;
    for (size_t i = 0; i < p->count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        finite = finite && x[i] - x[i] == 0;
    }
    const float scale = scale_of(least, most);
    IOU_FAIL_IF(!finite || !isfinite(scale), IOU_INVALID_ARGUMENT, call->error,
                "expected finite values of a finite range to quantize, found %g to %g%s",
                (double)least, (double)most, finite ? "" : " and others");
    const float zero = nearbyintf(fminf(fmaxf(0.0f - least / scale, 0.0f), 255.0f));
    const iou_quantize_row row = {.scale = scale, .zero = (int32_t)zero, .least = 0, .most = 255};
    if (has_output(p, 0)) {
        p->loops->quantize(&row, x, call->out[0], p->count);
    }
    if (has_output(p, 1)) {
        *(float *)call->out[1] = scale;
    }
    if (has_output(p, 2)) {
        *(uint8_t *)call->out[2] = (uint8_t)zero;
    }
    return IOU_OK;
}

static iou_status dynamic_prepare(const iou_prepare *prepare) {
    dynamic_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *p =
        (dynamic_params){prepare->node, iou_byte_loops_choose(prepare->isa), prepare->in[0]->count};
    *prepare->step = (iou_step){.run = dynamic_run,
                                .params = p,
                                .task_count = 1,
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_dynamic_quantize_linear = {.name = "DynamicQuantizeLinear",
                                               .layout = IOU_LAYOUT_FOLLOWS,
                                               .infer = dynamic_infer,
                                               .prepare = dynamic_prepare};

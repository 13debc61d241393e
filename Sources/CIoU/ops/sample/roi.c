#include "ops/sample/roi.h"

#include "ops/real.h"

#include <math.h>

iou_status iou_roi_prepare(const iou_prepare *prepare, float scale, iou_run_task run,
                           iou_roi **made) {
    const iou_operand *x = prepare->in[0], *out = &prepare->out[0];
    iou_roi *roi = iou_prepare_alloc(prepare, sizeof *roi);
    if (roi == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    *roi = (iou_roi){.type = x->type,
                     .pictures = x->dims[0],
                     .in = {x->dims[2], x->dims[3]},
                     .bins = {out->dims[2], out->dims[3]},
                     .channels = (size_t)x->dims[1],
                     .scale = scale,
                     .attributes = prepare->node->attributes};
    const size_t boxes = (size_t)out->dims[0];
    *prepare->step = (iou_step){.run = boxes == 0 ? iou_run_nothing : run,
                                .params = roi,
                                .task_count = boxes == 0 ? 1 : boxes,
                                .algorithm = "samples",
                                .isa = "scalar"};
    *made = roi;
    return IOU_OK;
}

iou_status iou_roi_box(const iou_call *call, size_t task, size_t first, size_t count, double *box) {
    const iou_roi *roi = call->params;
    for (size_t i = 0; i < count; i++) {
        box[i] = iou_real_load(roi->type, call->in[1], first + i);
        IOU_FAIL_IF(!isfinite(box[i] * (double)roi->scale), IOU_BAD_DATA, call->error,
                    "box %zu: expected finite numbers, found %g", task, box[i]);
    }
    return IOU_OK;
}

void iou_roi_fill(const iou_call *call, size_t task, size_t picture, iou_roi_pool pool,
                  const void *box) {
    const iou_roi *roi = call->params;
    const size_t bins = (size_t)(roi->bins[0] * roi->bins[1]);
    const size_t area = (size_t)roi->in[0] * (size_t)roi->in[1];
    for (size_t bin = 0; bin < bins; bin++) {
        const int64_t at[] = {(int64_t)bin / roi->bins[1], (int64_t)bin % roi->bins[1]};
        for (size_t c = 0; c < roi->channels; c++) {
            iou_real_store(roi->type, call->out[0], (task * bins + bin) * roi->channels + c,
                           pool(roi, call->in[0], picture * area * roi->channels + c, box, at));
        }
    }
}

/* MaxRoiPool: each box of a picture is cut into bins of whole pixels, and a bin becomes their
 * maximum. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/sample/roi.h"

#include <math.h>

typedef struct roi_pool_attributes {
    int64_t bins[2];
    float scale;
} roi_pool_attributes;

static iou_status roi_pool_parse(const iou_parse *parse) {
    roi_pool_attributes *a = parse->attributes;
    iou_ints shape;
    iou_ints_from_attribute(&shape, parse->node, "pooled_shape");
    if (shape.count != 2) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "pooled_shape: expected 2 numbers, found %d",
                              shape.count);
    }
    for (int i = 0; i < 2; i++) {
        a->bins[i] = shape.values[i];
        if (a->bins[i] < 1 || a->bins[i] > IOU_ROI_MOST_BINS) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "pooled_shape: expected 1 … %d, found %lld",
                                  IOU_ROI_MOST_BINS, (long long)a->bins[i]);
        }
    }
    a->scale = iou_attribute_float(parse->node, "spatial_scale", 1.0f);
    return IOU_OK;
}

static iou_status roi_pool_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 1, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
    const iou_fact *x = infer->in[0], *rois = infer->in[1];
    if ((x->rank >= 0 && x->rank != 4) || (rois->rank >= 0 && rois->rank != 2)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected ranks 4 and 2, found %d and %d",
                              x->rank, rois->rank);
    }
    if (rois->rank == 2 && rois->dims[1].known && rois->dims[1].value != 5) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected boxes of 5 numbers, found %lld",
                              (long long)rois->dims[1].value);
    }
    const roi_pool_attributes *a = infer->node->attributes;
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    out->rank = 4;
    out->dims[0] = rois->rank == 2 ? rois->dims[0] : iou_dim_unknown();
    out->dims[1] = x->rank == 4 ? x->dims[1] : iou_dim_unknown();
    out->dims[2] = iou_dim_number(a->bins[0]);
    out->dims[3] = iou_dim_number(a->bins[1]);
    return IOU_OK;
}

/* The pixels first … last-1 of a bin that lie in the input. */
typedef struct pixels {
    int64_t first, last;
} pixels;

/* `begin` and `end` are the first and last pixel of the box. */
static pixels pixels_of(double begin, double end, int64_t bin, int64_t bins, int64_t size) {
    const double length = fmax(end - begin + 1.0, 1.0) / (double)bins;
    const double first = floor((double)bin * length) + begin;
    const double last = ceil((double)(bin + 1) * length) + begin;
    return (pixels){(int64_t)fmin(fmax(first, 0.0), (double)size),
                    (int64_t)fmin(fmax(last, 0.0), (double)size)};
}

static double largest(const iou_roi *roi, const void *x, size_t first, const void *rounded,
                      const int64_t bin[2]) {
    const double *box = rounded; /* picture, left, top, right, bottom */
    const pixels rows = pixels_of(box[2], box[4], bin[0], roi->bins[0], roi->in[0]);
    const pixels columns = pixels_of(box[1], box[3], bin[1], roi->bins[1], roi->in[1]);
    double result = 0.0; /* of a bin without pixels */
    bool any = false;
    for (int64_t row = rows.first; row < rows.last; row++) {
        for (int64_t column = columns.first; column < columns.last; column++) {
            const size_t pixel = (size_t)(row * roi->in[1] + column);
            const double value = iou_real_load(roi->type, x, first + pixel * roi->channels);
            result = any && !(value > result) ? result : value;
            any = true;
        }
    }
    return result;
}

static iou_status roi_pool_run(const iou_call *call, size_t task) {
    const iou_roi *roi = call->params;
    double box[5];
    box[0] = iou_real_load(roi->type, call->in[1], 5 * task);
    IOU_FAIL_IF(!isfinite(box[0]), IOU_BAD_DATA, call->error,
                "box %zu: expected finite numbers, found %g", task, box[0]);
    IOU_TRY(iou_roi_box(call, task, 5 * task + 1, 4, box + 1));
    box[0] = trunc(box[0]);
    IOU_FAIL_IF(box[0] < 0.0 || box[0] >= (double)roi->pictures, IOU_BAD_DATA, call->error,
                "box %zu: expected a picture 0 … %lld, found %g", task,
                (long long)roi->pictures - 1, box[0]);
    for (size_t i = 1; i < 5; i++) {
        box[i] = round(box[i] * (double)roi->scale);
    }
    iou_roi_fill(call, task, (size_t)box[0], largest, box);
    return IOU_OK;
}

static iou_status roi_pool_prepare(const iou_prepare *prepare) {
    const roi_pool_attributes *a = prepare->node->attributes;
    iou_roi *roi;
    return iou_roi_prepare(prepare, a->scale, roi_pool_run, &roi);
}

const iou_op iou_op_max_roi_pool = {.name = "MaxRoiPool",
                                    .layout = IOU_LAYOUT_CHANNELS,
                                    .attributes_size = sizeof(roi_pool_attributes),
                                    .parse = roi_pool_parse,
                                    .infer = roi_pool_infer,
                                    .prepare = roi_pool_prepare};

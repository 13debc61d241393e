/* MaxRoiPool: each box of a picture is cut into bins of whole pixels, and a bin becomes their
 * maximum. */
#include "ops/facts.h"
#include "ops/real.h"

#include <math.h>

enum { MOST_BINS = 1 << 20 };

typedef struct roi_pool_attributes {
    int64_t bins[2];
    float scale;
} roi_pool_attributes;

typedef struct roi_pool_params {
    roi_pool_attributes how;
    iou_type type;
    int64_t pictures, in[2];
    size_t channels;
} roi_pool_params;

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
        if (a->bins[i] < 1 || a->bins[i] > MOST_BINS) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "pooled_shape: expected 1 … %d, found %lld",
                                  MOST_BINS, (long long)a->bins[i]);
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

static double largest(const roi_pool_params *p, const void *x, size_t plane, pixels rows,
                      pixels columns) {
    double result = 0.0; /* of a bin without pixels */
    bool any = false;
    for (int64_t row = rows.first; row < rows.last; row++) {
        for (int64_t column = columns.first; column < columns.last; column++) {
            const double value =
                iou_real_load(p->type, x, plane + (size_t)(row * p->in[1] + column));
            result = any && !(value > result) ? result : value;
            any = true;
        }
    }
    return result;
}

static iou_status roi_pool_run(const iou_call *call, size_t task) {
    const roi_pool_params *p = call->params;
    double box[5];
    for (size_t i = 0; i < 5; i++) {
        box[i] = iou_real_load(p->type, call->in[1], 5 * task + i);
        const double scaled = box[i] * (i > 0 ? (double)p->how.scale : 1.0);
        IOU_FAIL_IF(!isfinite(scaled), IOU_BAD_DATA, call->error,
                    "box %zu: expected finite numbers, found %g", task, box[i]);
        box[i] = i > 0 ? round(scaled) : trunc(scaled);
    }
    IOU_FAIL_IF(box[0] < 0.0 || box[0] >= (double)p->pictures, IOU_BAD_DATA, call->error,
                "box %zu: expected a picture 0 … %lld, found %g", task, (long long)p->pictures - 1,
                box[0]);
    const size_t bins = (size_t)(p->how.bins[0] * p->how.bins[1]);
    for (size_t c = 0; c < p->channels; c++) {
        const size_t plane =
            ((size_t)box[0] * p->channels + c) * (size_t)p->in[0] * (size_t)p->in[1];
        for (size_t bin = 0; bin < bins; bin++) {
            const int64_t y = (int64_t)bin / p->how.bins[1], x = (int64_t)bin % p->how.bins[1];
            const pixels rows = pixels_of(box[2], box[4], y, p->how.bins[0], p->in[0]);
            const pixels columns = pixels_of(box[1], box[3], x, p->how.bins[1], p->in[1]);
            iou_real_store(p->type, call->out[0], (task * p->channels + c) * bins + bin,
                           largest(p, call->in[0], plane, rows, columns));
        }
    }
    return IOU_OK;
}

static iou_status roi_pool_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    roi_pool_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const roi_pool_attributes *)prepare->node->attributes;
    p->type = x->type;
    p->pictures = x->dims[0];
    p->channels = (size_t)x->dims[1];
    p->in[0] = x->dims[2];
    p->in[1] = x->dims[3];
    const size_t boxes = (size_t)prepare->out[0].dims[0];
    *prepare->step = (iou_step){.run = boxes == 0 ? iou_run_nothing : roi_pool_run,
                                .params = p,
                                .task_count = boxes == 0 ? 1 : boxes,
                                .algorithm = "window",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_max_roi_pool = {.name = "MaxRoiPool",
                                    .attributes_size = sizeof(roi_pool_attributes),
                                    .parse = roi_pool_parse,
                                    .infer = roi_pool_infer,
                                    .prepare = roi_pool_prepare};

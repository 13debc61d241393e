/* Expand: NumPy broadcasting to a shape given as a value. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

static iou_status expand_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *shape = infer->in[1];
    iou_fact *out = &infer->out[0];
    out->type = infer->in[0]->type;
    const int count = iou_fact_value_count(shape);
    if (count < 0) {
        return IOU_OK;
    }
    if (count > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              count);
    }
    iou_fact requested = {.type = out->type, .rank = count};
    for (int i = 0; i < count; i++) {
        requested.dims[i] = iou_fact_value(shape, i);
        if (requested.dims[i].known && requested.dims[i].value < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "the shape has %lld at %d",
                                  (long long)requested.dims[i].value, i);
        }
    }
    IOU_TRY(iou_infer_broadcast(infer, infer->in[0], &requested, out));
    size_t total;
    if (iou_fact_count(out, &total) && total <= IOU_MAX_ELEMENTS &&
        iou_fact_value_count(infer->in[0]) == 1 && total > 0) {
        iou_dim *elements = iou_infer_elements(infer, out, (int)total);
        for (size_t i = 0; elements != NULL && i < total; i++) {
            elements[i] = iou_fact_value(infer->in[0], 0);
        }
    }
    return IOU_OK;
}

static iou_status expand_prepare(const iou_prepare *prepare) {
    iou_iterator iterator;
    iou_iterator_broadcast(&iterator, &prepare->out[0], prepare->in, 1);
    return iou_prepare_gather(prepare, &iterator, 0, 0);
}

const iou_op iou_op_expand = {.name = "Expand",
                              .infer = expand_infer,
                              .prepare = expand_prepare,
                              .accepts = IOU_ACCEPTS_STRINGS};

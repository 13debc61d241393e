/* Tile: the input repeated along every dimension. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

static iou_status tile_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    if (infer->node->opset < 6) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "Tile before opset 6");
    }
    out->rank = x->rank;
    const int count = iou_fact_value_count(infer->in[1]);
    if (count >= 0 && x->rank >= 0 && count != x->rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%d repeats for rank %d", count, x->rank);
    }
    for (int i = 0; i < x->rank; i++) {
        const iou_dim times = count < 0 ? iou_dim_unknown() : iou_fact_value(infer->in[1], i);
        int64_t product = 0;
        if (times.known && (times.value < 0 ||
                            (x->dims[i].known &&
                             __builtin_mul_overflow(times.value, x->dims[i].value, &product)))) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "dimension %d repeated %lld times", i,
                                  (long long)times.value);
        }
        out->dims[i] = iou_infer_mul(infer, x->dims[i], times);
    }
    return IOU_OK;
}

static iou_status tile_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *out = &prepare->out[0];
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(x, strides);
    iou_iterator iterator = {.rank = 2 * x->rank, .operands = 1};
    for (int i = 0; i < x->rank; i++) {
        iterator.dims[2 * i] = x->dims[i] == 0 ? 0 : out->dims[i] / x->dims[i];
        iterator.dims[2 * i + 1] = x->dims[i];
        iterator.strides[0][2 * i] = 0;
        iterator.strides[0][2 * i + 1] = strides[i];
    }
    iou_iterator_finish(&iterator);
    return iou_prepare_gather(prepare, &iterator, 0, 0);
}

const iou_op iou_op_tile = {
    .name = "Tile", .infer = tile_infer, .prepare = tile_prepare, .accepts = IOU_ACCEPTS_STRINGS};

/* StringConcat: two strings in one, element by element. */
#include "ops/facts.h"
#include "ops/run_pool.h"
#include "ops/strided_iterator.h"

#include <string.h>

static iou_status concat_infer(const iou_infer *infer) {
    static const iou_type string[] = {IOU_STRING, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, string));
    IOU_TRY(iou_infer_type(infer, 1, string));
    infer->out[0].type = IOU_STRING;
    return iou_infer_broadcast(infer, infer->in[0], infer->in[1], &infer->out[0]);
}

static iou_status join(const iou_call *call, const iou_text *a, const iou_text *b,
                       const iou_text **out) {
    const size_t first = iou_text_length(a), second = iou_text_length(b);
    iou_text *text;
    IOU_TRY(iou_run_pool_add_text(call->pool, first + second, &text, call->error));
    memcpy(text->bytes, iou_text_bytes(a), first);
    memcpy(text->bytes + first, iou_text_bytes(b), second);
    *out = text;
    return IOU_OK;
}

static iou_status concat_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    const iou_text *const *a = call->in[0], *const *b = call->in[1];
    const iou_text **out = call->out[0];
    iou_iterator iterator;
    (void)task;
    iou_iterator_broadcast(&iterator, &step->out[0], step->in, 2);
    for (size_t i = 0; i < step->out[0].count; i++) {
        int64_t at[IOU_ITERATOR_OPERANDS];
        (void)iou_iterator_seek(&iterator, i, step->out[0].count, at);
        IOU_TRY(join(call, a[at[0]], b[at[1]], &out[i]));
    }
    return IOU_OK;
}

static iou_status concat_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, concat_run);
}

const iou_op iou_op_string_concat = {.name = "StringConcat",
                                     .infer = concat_infer,
                                     .prepare = concat_prepare,
                                     .pooled = true,
                                     .accepts = IOU_ACCEPTS_STRINGS};

/* ReverseSequence: the first elements of each sequence of a batch, in reverse. */
#include "ops/facts.h"

#include <string.h>

typedef struct reverse_params {
    size_t batch, time, inner; /* inner in bytes */
    bool time_first;
} reverse_params;

typedef struct reverse_attributes {
    int batch; /* axes: 0 and 1, or 1 and 0 */
    int time;
} reverse_attributes;

static iou_status reverse_parse(const iou_parse *parse) {
    const int64_t batch = iou_attribute_int(parse->node, "batch_axis", 1);
    const int64_t time = iou_attribute_int(parse->node, "time_axis", 0);
    if ((batch != 0 || time != 1) && (batch != 1 || time != 0)) {
        return iou_parse_fail(parse, IOU_BAD_MODEL,
                              "batch_axis and time_axis must be 0 and 1, they are %lld and %lld",
                              (long long)batch, (long long)time);
    }
    *(reverse_attributes *)parse->attributes = (reverse_attributes){(int)batch, (int)time};
    return IOU_OK;
}

static iou_status reverse_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *x = infer->in[0], *lengths = infer->in[1];
    const int batch = ((const reverse_attributes *)infer->node->attributes)->batch;
    if (x->rank >= 0 && x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    if ((lengths->rank >= 0 && lengths->rank != 1) ||
        (lengths->rank == 1 && x->rank >= 0 && lengths->dims[0].known && x->dims[batch].known &&
         lengths->dims[0].value != x->dims[batch].value)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "sequence_lens must be a vector of the batch");
    }
    iou_fact_like(&infer->out[0], x);
    return IOU_OK;
}

static iou_status reverse_run(const iou_call *call, size_t task) {
    const reverse_params *p = call->params;
    const int64_t length = iou_read_int(IOU_INT64, call->in[1], task);
    IOU_FAIL_IF(length < 0 || (size_t)length > p->time, IOU_BAD_DATA, call->error,
                "length %zu must be in 0…%zu, it is %lld", task, p->time, (long long)length);
    const size_t step = (p->time_first ? p->batch : 1) * p->inner;
    const size_t base = task * (p->time_first ? 1 : p->time) * p->inner;
    for (size_t t = 0; t < p->time; t++) {
        const size_t from = t < (size_t)length ? (size_t)length - 1 - t : t;
        memcpy((char *)call->out[0] + base + t * step,
               (const char *)call->in[0] + base + from * step, p->inner);
    }
    return IOU_OK;
}

static iou_status reverse_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    reverse_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->time_first = ((const reverse_attributes *)prepare->node->attributes)->time == 0;
    p->time = (size_t)x->dims[p->time_first ? 0 : 1];
    p->batch = (size_t)x->dims[p->time_first ? 1 : 0];
    p->inner = iou_type_size(x->type);
    for (int i = 2; i < x->rank; i++) {
        p->inner *= (size_t)x->dims[i];
    }
    *prepare->step = (iou_step){.run = p->batch == 0 ? iou_run_nothing : reverse_run,
                                .params = p,
                                .task_count = p->batch == 0 ? 1 : p->batch,
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_reverse_sequence = {.name = "ReverseSequence",
                                        .attributes_size = sizeof(reverse_attributes),
                                        .parse = reverse_parse,
                                        .infer = reverse_infer,
                                        .prepare = reverse_prepare,
                                        .accepts = IOU_ACCEPTS_STRINGS};

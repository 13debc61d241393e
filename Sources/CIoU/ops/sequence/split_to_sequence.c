/* SplitToSequence: a tensor cut along an axis into the tensors of a sequence. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/sequence/sequence.h"

#include <string.h>

typedef struct split_attributes {
    int64_t axis;
    bool keepdims;
} split_attributes;

static iou_status split_parse(const iou_parse *parse) {
    split_attributes *a = parse->attributes;
    a->axis = iou_attribute_int(parse->node, "axis", 0);
    return iou_parse_flag(parse, "keepdims", true, &a->keepdims);
}

static iou_status split_infer(const iou_infer *infer) {
    const split_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *in = infer->in[0], *lengths = iou_fact_in(infer, 1);
    if (lengths) {
        IOU_TRY(iou_infer_type(infer, 1, iou_types_index));
        if (lengths->rank > 1) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "input 1: expected a number or a list, found rank %d",
                                  lengths->rank);
        }
    }
    int axis;
    if (in->rank >= 0) {
        IOU_TRY(iou_fact_axis(infer, a->axis, in->rank, &axis));
    }
    const bool known = in->type != IOU_TYPE_UNDEFINED;
    infer->out[0].type = known ? iou_type_sequence(in->type) : IOU_TYPE_UNDEFINED;
    return IOU_OK;
}

/** A cut under way: the tensor as [outer, length of the axis, inner bytes]. */
typedef struct cut {
    const iou_operand *from;
    int axis;
    bool drops_axis;
    size_t outer, inner;
    int64_t length;
} cut;

static cut begin_cut(const iou_call *call) {
    const iou_pooled_step *step = call->params;
    const split_attributes *a = step->attributes;
    const iou_operand *in = step->in[0];
    cut c = {.from = in, .outer = 1, .inner = iou_type_size(in->type)};
    c.axis = (int)(a->axis < 0 ? a->axis + in->rank : a->axis);
    c.length = in->dims[c.axis];
    c.drops_axis = !a->keepdims && !iou_pooled_operand(call, 1);
    for (int d = 0; d < c.axis; d++) {
        c.outer = iou_size_times(c.outer, (size_t)in->dims[d]);
    }
    for (int d = c.axis + 1; d < in->rank; d++) {
        c.inner = iou_size_times(c.inner, (size_t)in->dims[d]);
    }
    return c;
}

/** Cuts out `length` from `first` on. */
static iou_status add_piece(const iou_call *call, const cut *c, int64_t first, int64_t length,
                            const iou_run_pool_tensor **piece) {
    int64_t dims[IOU_MAX_RANK] = {0};
    int rank = 0;
    for (int d = 0; d < c->from->rank; d++) {
        if (d != c->axis || !c->drops_axis) {
            dims[rank++] = d == c->axis ? length : c->from->dims[d];
        }
    }
    iou_run_pool_tensor *tensor;
    IOU_TRY(iou_run_pool_add_tensor(call->pool, c->from->type, rank, dims, &tensor, call->error));
    const size_t size = (size_t)length * c->inner, stride = (size_t)c->length * c->inner;
    const char *from = (const char *)call->in[0] + (size_t)first * c->inner;
    for (size_t o = 0; o < c->outer && tensor->size > 0; o++) {
        memcpy((char *)tensor->data + o * size, from + o * stride, size);
    }
    *piece = tensor;
    return IOU_OK;
}

static iou_status cut_evenly(const iou_call *call, const cut *c, int64_t each,
                             iou_sequence **made) {
    IOU_FAIL_IF(each <= 0, IOU_BAD_DATA, call->error,
                "split: expected a length of 1 at least, found %lld", (long long)each);
    const size_t count = iou_divide_up((size_t)c->length, (size_t)each);
    IOU_TRY(iou_run_pool_add_sequence(call->pool, count, made, call->error));
    for (size_t i = 0; i < count; i++) {
        const int64_t first = (int64_t)i * each, left = c->length - first;
        IOU_TRY(add_piece(call, c, first, left < each ? left : each, &(*made)->list->elements[i]));
    }
    return IOU_OK;
}

static iou_status cut_by_lengths(const iou_call *call, const cut *c, const iou_operand *lengths,
                                 iou_sequence **made) {
    IOU_TRY(iou_run_pool_add_sequence(call->pool, lengths->count, made, call->error));
    int64_t first = 0;
    for (size_t i = 0; i < lengths->count; i++) {
        const int64_t length = iou_read_int(lengths->type, call->in[1], i);
        IOU_FAIL_IF(length < 0 || length > c->length - first, IOU_BAD_DATA, call->error,
                    "split: expected lengths that sum to %lld, found %lld as number %zu after %lld",
                    (long long)c->length, (long long)length, i, (long long)first);
        IOU_TRY(add_piece(call, c, first, length, &(*made)->list->elements[i]));
        first += length;
    }
    IOU_FAIL_IF(first != c->length, IOU_BAD_DATA, call->error,
                "split: expected lengths that sum to %lld, found %lld", (long long)c->length,
                (long long)first);
    return IOU_OK;
}

static iou_status split_run(const iou_call *call, size_t task) {
    const iou_operand *lengths = iou_pooled_operand(call, 1);
    const cut c = begin_cut(call);
    iou_sequence *made;
    (void)task;
    if (lengths && lengths->rank == 1) {
        IOU_TRY(cut_by_lengths(call, &c, lengths, &made));
    } else {
        const int64_t each = lengths ? iou_read_int(lengths->type, call->in[1], 0) : 1;
        IOU_TRY(cut_evenly(call, &c, each, &made));
    }
    iou_sequence_write(call, made);
    return IOU_OK;
}

static iou_status split_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, split_run);
}

const iou_op iou_op_split_to_sequence = {.name = "SplitToSequence",
                                         .attributes_size = sizeof(split_attributes),
                                         .parse = split_parse,
                                         .infer = split_infer,
                                         .prepare = split_prepare,
                                         .pooled = true,
                                         .accepts = IOU_ACCEPTS_ALL};

/* ScatterND: a copy of a tensor with the slices that tuples of indices name updated, in order. */
#include "ops/facts.h"
#include "ops/index/scatter_combine.h"
#include "ops/index/tuple_index.h"

#include <string.h>

enum { DATA = 0, INDICES = 1, UPDATES = 2 };

typedef struct scatter_nd_params {
    iou_tuple_index index;
    iou_combine combine; /* NULL: replaces */
    size_t element, size;
} scatter_nd_params;

static iou_status check_updates(const iou_infer *infer, int length) {
    const iou_fact *x = infer->in[DATA], *at = infer->in[INDICES], *updates = infer->in[UPDATES];
    if (length < 0 || updates->rank < 0) {
        return IOU_OK;
    }
    const int outer = at->rank - 1, rank = outer + x->rank - length;
    if (updates->rank != rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "updates must have rank %d, they have %d", rank,
                              updates->rank);
    }
    for (int i = 0; i < rank; i++) {
        const iou_dim expected = i < outer ? at->dims[i] : x->dims[length + i - outer];
        if (expected.known && updates->dims[i].known && expected.value != updates->dims[i].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "dimension %d of updates must be %lld, it is %lld", i,
                                  (long long)expected.value, (long long)updates->dims[i].value);
        }
    }
    return IOU_OK;
}

static iou_status scatter_nd_infer(const iou_infer *infer) {
    IOU_TRY(iou_scatter_check(infer, iou_types_i64));
    int length;
    IOU_TRY(iou_tuple_infer(infer, infer->in[DATA], infer->in[INDICES], 0, &length));
    IOU_TRY(check_updates(infer, length));
    iou_fact_like(&infer->out[0], infer->in[DATA]);
    return iou_scatter_value(infer, &infer->out[0]);
}

static iou_status scatter_nd_run(const iou_call *call, size_t task) {
    const scatter_nd_params *p = call->params;
    const size_t bytes = p->index.slice * p->element;
    (void)task;
    if (call->out[0] != call->in[DATA]) {
        memcpy(call->out[0], call->in[DATA], p->size);
    }
    for (size_t i = 0; i < p->index.count; i++) {
        size_t offset;
        IOU_TRY(iou_tuple_find(&p->index, call->in[INDICES], i, &offset, call->error));
        void *to = (char *)call->out[0] + offset * p->element;
        const void *from = (const char *)call->in[UPDATES] + i * bytes;
        if (p->combine == NULL) {
            memcpy(to, from, bytes);
        } else {
            p->combine(to, from, p->index.slice);
        }
    }
    return IOU_OK;
}

static iou_status scatter_nd_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[DATA];
    scatter_nd_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->index = iou_tuple_index_of(x, prepare->in[INDICES], 0);
    p->combine = iou_combine_find(prepare->node, x->type);
    p->element = iou_type_size(x->type);
    p->size = x->count * p->element;
    *prepare->step = iou_scatter_step(scatter_nd_run, p);
    return IOU_OK;
}

const iou_op iou_op_scatter_nd = {.name = "ScatterND",
                                  .widens = IOU_WIDENS_FLOATS,
                                  .attributes_size = sizeof(iou_scatter_attributes),
                                  .parse = iou_scatter_parse,
                                  .infer = scatter_nd_infer,
                                  .prepare = scatter_nd_prepare};

/* GatherND: slices of a tensor, each named by a tuple of indices. */
#include "ops/facts.h"
#include "ops/rows.h"
#include "ops/index/tuple_index.h"

#include <string.h>

typedef struct gather_nd_params {
    iou_tuple_index index;
    iou_rows rows;
    size_t bytes; /* of a slice */
    size_t element;
} gather_nd_params;

typedef struct gather_nd_attributes {
    int batch_dims; /* -1: none that fits any rank */
} gather_nd_attributes;

static iou_status gather_nd_parse(const iou_parse *parse) {
    gather_nd_attributes *a = parse->attributes;
    const int64_t given = iou_attribute_int(parse->node, "batch_dims", 0);
    a->batch_dims = given < 0 || given > IOU_MAX_RANK ? -1 : (int)given;
    return IOU_OK;
}

static int batch_dims_of(const iou_node *node) {
    return ((const gather_nd_attributes *)node->attributes)->batch_dims;
}

/* Known elements of a vector, for shape arithmetic. */
static iou_status gather_nd_value(const iou_infer *infer, iou_fact *out, int batch_dims) {
    const iou_fact *x = infer->in[0], *at = infer->in[1];
    const int have = iou_fact_value_count(x), count = iou_fact_value_count(at);
    if (have < 0 || count < 0 || x->rank != 1 || batch_dims != 0) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    for (int i = 0; i < count && elements != NULL; i++) {
        const iou_dim index = iou_fact_value(at, i);
        const int64_t position = index.value < 0 ? index.value + have : index.value;
        const bool inside = index.known && position >= 0 && position < have;
        elements[i] = inside ? iou_fact_value(x, (int)position) : iou_dim_unknown();
    }
    return IOU_OK;
}

static iou_status gather_nd_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *x = infer->in[0], *at = infer->in[1];
    iou_fact *out = &infer->out[0];
    const int batch_dims = batch_dims_of(infer->node);
    int length;
    out->type = x->type;
    IOU_TRY(iou_tuple_infer(infer, x, at, batch_dims, &length));
    if (length < 0) {
        return IOU_OK;
    }
    const int rest = x->rank - batch_dims - length;
    if (at->rank - 1 + rest > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              at->rank - 1 + rest);
    }
    out->rank = at->rank - 1 + rest;
    for (int i = 0; i < out->rank; i++) {
        const int behind = i - (at->rank - 1);
        out->dims[i] = behind < 0 ? at->dims[i] : x->dims[batch_dims + length + behind];
    }
    return gather_nd_value(infer, out, batch_dims);
}

static iou_status gather_nd_run(const iou_call *call, size_t task) {
    const gather_nd_params *p = call->params;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        size_t offset;
        IOU_TRY(iou_tuple_find(&p->index, call->in[1], row, &offset, call->error));
        memcpy((char *)call->out[0] + row * p->bytes,
               (const char *)call->in[0] + offset * p->element, p->bytes);
    }
    return IOU_OK;
}

static iou_status gather_nd_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    gather_nd_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->index = iou_tuple_index_of(x, prepare->in[1], batch_dims_of(prepare->node));
    p->element = iou_type_size(x->type);
    p->bytes = p->index.slice * p->element;
    p->rows =
        iou_rows_of(p->index.batches * p->index.count, p->index.slice + (size_t)p->index.length);
    *prepare->step = (iou_step){.run = gather_nd_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_gather_nd = {.name = "GatherND",
                                 .attributes_size = sizeof(gather_nd_attributes),
                                 .parse = gather_nd_parse,
                                 .infer = gather_nd_infer,
                                 .prepare = gather_nd_prepare,
                                 .accepts = IOU_ACCEPTS_STRINGS};

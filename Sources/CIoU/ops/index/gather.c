/* Gather: slices of a tensor along one axis, chosen by indices. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct gather_params {
    size_t outer, indices, inner; /* inner in bytes */
    int64_t extent;
    size_t rows_per_task;
    iou_type index_type;
} gather_params;

static iou_status gather_parse(const iou_parse *parse) {
    return iou_axis_parse(parse, 0);
}

static iou_status gather_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *x = infer->in[0], *at = infer->in[1];
    const int have = iou_fact_value_count(x), count = iou_fact_value_count(at);
    if (have < 0 || count < 0 || x->rank != 1) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < count; i++) {
        const iou_dim index = iou_fact_value(at, i);
        elements[i] = iou_dim_unknown();
        if (index.known && (index.value < -have || index.value >= have)) {
            return iou_infer_fail(infer, IOU_BAD_DATA, "index %lld is outside %d…%d",
                                  (long long)index.value, -have, have - 1);
        }
        if (index.known) {
            elements[i] =
                iou_fact_value(x, (int)(index.value < 0 ? index.value + have : index.value));
        }
    }
    return IOU_OK;
}

static iou_status gather_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_index));
    const iou_fact *x = infer->in[0], *at = infer->in[1];
    iou_fact *out = &infer->out[0];
    int axis;
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    const iou_axis_attribute *a = infer->node->attributes;
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    if (at->rank < 0) {
        return IOU_OK;
    }
    if (x->rank + at->rank - 1 > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              x->rank + at->rank - 1);
    }
    out->rank = x->rank + at->rank - 1;
    for (int i = 0; i < out->rank; i++) {
        const int behind = i - at->rank + 1;
        out->dims[i] = i < axis              ? x->dims[i]
                       : i < axis + at->rank ? at->dims[i - axis]
                                             : x->dims[behind];
    }
    return gather_value(infer, out);
}

static iou_status gather_run(const iou_call *call, size_t task) {
    const gather_params *p = call->params;
    const size_t rows = p->outer * p->indices, first = task * p->rows_per_task;
    const size_t end = rows - first < p->rows_per_task ? rows : first + p->rows_per_task;
    for (size_t row = first; row < end; row++) {
        int64_t index = iou_read_int(p->index_type, call->in[1], row % p->indices);
        IOU_FAIL_IF(index < -p->extent || index >= p->extent, IOU_BAD_DATA, call->error,
                    "index %lld is outside %lld…%lld", (long long)index, (long long)-p->extent,
                    (long long)p->extent - 1);
        index = index < 0 ? index + p->extent : index;
        const size_t from = row / p->indices * (size_t)p->extent + (size_t)index;
        memcpy((char *)call->out[0] + row * p->inner, (const char *)call->in[0] + from * p->inner,
               p->inner);
    }
    return IOU_OK;
}

static iou_status gather_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    gather_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const int64_t given = iou_axis_attribute_of(prepare->node)->axis;
    const int axis = (int)(given < 0 ? given + x->rank : given);
    p->outer = 1;
    p->inner = iou_type_size(x->type);
    for (int i = 0; i < x->rank; i++) {
        p->outer *= i < axis ? (size_t)x->dims[i] : 1;
        p->inner *= i > axis ? (size_t)x->dims[i] : 1;
    }
    p->indices = prepare->in[1]->count;
    p->extent = x->dims[axis];
    p->index_type = prepare->in[1]->type;
    const size_t rows = p->outer * p->indices;
    p->rows_per_task = p->inner == 0 || p->inner > 65536 ? 1 : 65536 / p->inner;
    *prepare->step = (iou_step){.run = gather_run,
                                .params = p,
                                .task_count = rows == 0 ? 1 : (rows - 1) / p->rows_per_task + 1,
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_gather = {.name = "Gather",
                              .attributes_size = sizeof(iou_axis_attribute),
                              .parse = gather_parse,
                              .infer = gather_infer,
                              .prepare = gather_prepare,
                              .accepts = IOU_ACCEPTS_STRINGS};

/* TensorScatter: writes rows into a cache, from an index of each of the batch on. */
#include "ops/facts.h"
#include "ops/rows.h"

#include <string.h>

enum { CACHE, UPDATE, INDICES };

typedef struct scatter_attributes {
    int64_t axis;
    int circular;
} scatter_attributes;

typedef struct scatter_params {
    iou_axis cache; /* around the axis; inner in bytes */
    size_t rows;    /* of the update */
    size_t per_batch;
    bool indexed, circular;
} scatter_params;

static iou_status scatter_parse(const iou_parse *parse) {
    static const char *const modes[] = {"linear", "circular", NULL};
    scatter_attributes *a = parse->attributes;
    a->axis = iou_attribute_int(parse->node, "axis", -2);
    return iou_parse_choice(parse, "mode", modes, &a->circular);
}

static iou_status check_update(const iou_infer *infer, int axis) {
    const iou_fact *cache = infer->in[CACHE], *update = infer->in[UPDATE];
    iou_dim dims[IOU_MAX_RANK];
    memcpy(dims, cache->dims, sizeof dims);
    dims[axis] = iou_dim_unknown();
    IOU_TRY(iou_fact_check_dims(infer, UPDATE, cache->rank, dims));
    const iou_dim room = cache->dims[axis];
    const iou_dim rows = update->rank > 0 ? update->dims[axis] : iou_dim_unknown();
    if (room.known && rows.known && rows.value > room.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "update: expected at most %lld rows, found %lld",
                              (long long)room.value, (long long)rows.value);
    }
    return iou_fact_check_dims(infer, INDICES, 1, cache->dims);
}

static iou_status scatter_infer(const iou_infer *infer) {
    const scatter_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 2, 3, 1));
    const iou_fact *cache = infer->in[CACHE];
    IOU_TRY(iou_infer_type(infer, CACHE, iou_types_any));
    const iou_type same[] = {cache->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(
        iou_infer_type(infer, UPDATE, cache->type == IOU_TYPE_UNDEFINED ? iou_types_any : same));
    if (iou_fact_in(infer, INDICES) != NULL) {
        IOU_TRY(iou_infer_type(infer, INDICES, iou_types_i64));
    }
    iou_fact_like(&infer->out[0], cache);
    if (cache->rank < 0) {
        return IOU_OK;
    }
    int axis;
    IOU_TRY(iou_fact_axis(infer, a->axis, cache->rank, &axis));
    if (axis == 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "axis: expected another than the batch's");
    }
    return check_update(infer, axis);
}

static iou_status first_row(const scatter_params *p, const iou_call *call, size_t outer,
                            size_t *row) {
    const size_t batch = outer / p->per_batch;
    const int64_t index = p->indexed ? ((const int64_t *)call->in[INDICES])[batch] : 0;
    const int64_t room = (int64_t)p->cache.extent;
    const int64_t most = p->circular ? room - 1 : room - (int64_t)p->rows;
    /* who goes round may begin anywhere */
    const int64_t begin = p->circular && room > 0 ? (index % room + room) % room : index;
    IOU_FAIL_IF(begin < 0 || begin > most, IOU_BAD_DATA, call->error,
                "write_indices %zu: expected 0 … %lld, found %lld", batch, (long long)most,
                (long long)index);
    *row = (size_t)begin;
    return IOU_OK;
}

static iou_status scatter_run(const iou_call *call, size_t outer) {
    const scatter_params *p = call->params;
    const size_t row = p->cache.inner, all = p->cache.extent * row;
    char *to = (char *)call->out[0] + outer * all;
    const char *from = (const char *)call->in[UPDATE] + outer * p->rows * row;
    size_t begin = 0;
    if (all == 0) {
        return IOU_OK;
    }
    IOU_TRY(first_row(p, call, outer, &begin));
    memmove(to, (const char *)call->in[CACHE] + outer * all, all); /* perhaps in place */
    for (size_t i = 0; i < p->rows; i++) {
        memcpy(to + (begin + i) % p->cache.extent * row, from + i * row, row);
    }
    return IOU_OK;
}

static iou_status scatter_prepare(const iou_prepare *prepare) {
    const scatter_attributes *a = prepare->node->attributes;
    const iou_operand *cache = prepare->in[CACHE], *update = prepare->in[UPDATE];
    scatter_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->cache = iou_axis_of(cache, a->axis);
    p->cache.inner *= iou_type_size(cache->type);
    p->rows = iou_axis_of(update, a->axis).extent;
    p->circular = a->circular != 0;
    p->indexed = iou_operand_in(prepare, INDICES) != NULL;
    const size_t tasks = cache->count == 0 ? 0 : p->cache.outer;
    p->per_batch = tasks == 0 ? 1 : tasks / (size_t)cache->dims[0];
    *prepare->step = (iou_step){.run = tasks == 0 ? iou_run_nothing : scatter_run,
                                .params = p,
                                .task_count = tasks == 0 ? 1 : tasks,
                                .in_place = 1,
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_tensor_scatter = {.name = "TensorScatter",
                                      .attributes_size = sizeof(scatter_attributes),
                                      .parse = scatter_parse,
                                      .infer = scatter_infer,
                                      .prepare = scatter_prepare};

/* TopK: the k largest or smallest elements along an axis, sorted, equal ones by their index. */
#include "ops/facts.h"
#include "ops/index/order.h"
#include "ops/rows.h"

#include <string.h>

typedef struct topk_params {
    iou_axis axis;
    iou_order order;
    iou_rows rows;
    size_t k;
    bool values, indices; /* outputs that are there */
} topk_params;

static const iou_type topk_types[] = {
    IOU_FLOAT, IOU_DOUBLE, IOU_FLOAT16, IOU_BFLOAT16, IOU_INT64, IOU_INT32,         IOU_INT16,
    IOU_INT8,  IOU_UINT64, IOU_UINT32,  IOU_UINT16,   IOU_UINT8, IOU_TYPE_UNDEFINED};

typedef struct topk_attributes {
    int64_t axis;
    int64_t k; /* before opset 10 */
    bool largest;
} topk_attributes;

static iou_status topk_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    *(topk_attributes *)parse->attributes = (topk_attributes){
        .axis = iou_attribute_int(node, "axis", -1),
        .k = iou_attribute_int(node, "k", -1),
        .largest = node->opset < 11 || iou_attribute_int(node, "largest", 1) != 0,
    };
    return IOU_OK;
}

/* k is an attribute before opset 10, then an input. */
static iou_status read_k(const iou_infer *infer, iou_dim *k) {
    *k = iou_dim_unknown();
    if (infer->node->opset < 10) {
        *k = iou_dim_number(((const topk_attributes *)infer->node->attributes)->k);
        return IOU_OK;
    }
    IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
    const iou_fact *given = infer->in[1];
    size_t count;
    if (given->rank > 1 || (iou_fact_count(given, &count) && count != 1)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "k must be one number");
    }
    if (iou_fact_value_count(given) == 1) {
        *k = iou_fact_value(given, 0);
    }
    return IOU_OK;
}

static iou_status topk_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const topk_attributes *a = node->attributes;
    const int inputs = node->opset < 10 ? 1 : 2;
    iou_dim k;
    IOU_TRY(iou_fact_begin(infer, inputs, inputs, 2));
    IOU_TRY(iou_infer_type(infer, 0, topk_types));
    IOU_TRY(read_k(infer, &k));
    const iou_fact *x = infer->in[0];
    if (k.known && k.value < 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "k must not be negative, it is %lld",
                              (long long)k.value);
    }
    int axis = 0;
    if (x->rank >= 0) {
        IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
        if (k.known && x->dims[axis].known && k.value > x->dims[axis].value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "k is %lld, dimension %d has %lld",
                                  (long long)k.value, axis, (long long)x->dims[axis].value);
        }
    }
    for (int i = 0; i < node->output_count; i++) {
        iou_fact_like(&infer->out[i], x);
        infer->out[i].type = i == 0 ? x->type : IOU_INT64;
        infer->out[i].dims[axis] = k;
    }
    return IOU_OK;
}

static iou_status topk_run(const iou_call *call, size_t task) {
    const topk_params *p = call->params;
    const size_t size = iou_type_size(p->order.type), inner = p->axis.inner;
    iou_ranked *items = call->scratch;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const size_t outer = row / inner, column = row % inner;
        const char *from =
            (const char *)call->in[0] + (outer * p->axis.extent * inner + column) * size;
        iou_order_select(&p->order, from, inner, p->axis.extent, p->k, items);
        const size_t to = outer * p->k * inner + column;
        for (size_t i = 0; i < p->k && p->values; i++) {
            memcpy((char *)call->out[0] + (to + i * inner) * size,
                   from + items[i].index * inner * size, size);
        }
        for (size_t i = 0; i < p->k && p->indices; i++) {
            ((int64_t *)call->out[1])[to + i * inner] = (int64_t)items[i].index;
        }
    }
    return IOU_OK;
}

static iou_status topk_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[0];
    topk_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const topk_attributes *a = node->attributes;
    p->values = node->outputs[0] != IOU_NO_VALUE;
    p->indices = node->output_count > 1 && node->outputs[1] != IOU_NO_VALUE;
    p->axis = iou_axis_of(x, a->axis);
    /* NaN is above every number */
    p->order = (iou_order){x->type, a->largest ? UINT64_MAX : 0, a->largest ? 0 : UINT64_MAX};
    p->k =
        p->values || p->indices ? iou_axis_of(&prepare->out[p->values ? 0 : 1], a->axis).extent : 0;
    p->rows = iou_rows_of(p->axis.outer * p->axis.inner, p->axis.extent);
    size_t scratch;
    if (__builtin_mul_overflow(iou_order_room(p->axis.extent, p->k), sizeof(iou_ranked),
                               &scratch)) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%zu elements are too many", p->axis.extent);
    }
    *prepare->step = (iou_step){.run = topk_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .scratch_size = scratch,
                                .algorithm = "select",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_topk = {.name = "TopK",
                            .attributes_size = sizeof(topk_attributes),
                            .parse = topk_parse,
                            .infer = topk_infer,
                            .prepare = topk_prepare};

/* ArgMax and ArgMin: where the extreme element along an axis is; a NaN counts as extreme. */
#include "ops/facts.h"

#include "core/sizes.h"
#include "ops/index/order.h"
#include "ops/rows.h"

#include <math.h>

typedef struct arg_params {
    iou_axis axis;
    iou_order order; /* the extreme element has the highest key */
    iou_rows rows;
    bool last; /* of several, the last one */
} arg_params;

typedef struct arg_attributes {
    int64_t axis;
    bool keep; /* the axis, as 1 */
    bool last; /* of several, the last one */
} arg_attributes;

static iou_status arg_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    *(arg_attributes *)parse->attributes = (arg_attributes){
        .axis = iou_attribute_int(node, "axis", 0),
        .keep = iou_attribute_int(node, "keepdims", 1) != 0,
        .last = node->opset >= 12 && iou_attribute_int(node, "select_last_index", 0) != 0,
    };
    return IOU_OK;
}

static iou_status arg_infer(const iou_infer *infer) {
    static const iou_type types[] = {
        IOU_FLOAT, IOU_DOUBLE, IOU_FLOAT16, IOU_BFLOAT16, IOU_INT64, IOU_INT32,         IOU_INT16,
        IOU_INT8,  IOU_UINT64, IOU_UINT32,  IOU_UINT16,   IOU_UINT8, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, types));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    const arg_attributes *a = infer->node->attributes;
    out->type = IOU_INT64;
    if (x->rank < 0) {
        return IOU_OK;
    }
    int axis;
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    out->rank = 0;
    for (int i = 0; i < x->rank; i++) {
        if (i != axis || a->keep) {
            out->dims[out->rank++] = i == axis ? iou_dim_number(1) : x->dims[i];
        }
    }
    return IOU_OK;
}

/* What a comparison that is false for NaN does not hold back; nothing but NaN comes after NaN. */
#define FIND_F32(is_held)                                                                          \
    for (size_t i = 1; i < n; i++) {                                                               \
        const float v = x[i * stride] * sign;                                                      \
        if (!(is_held) && (best == best || v != v)) {                                              \
            found = best == best || p->last ? i : found;                                           \
            best = v;                                                                              \
        }                                                                                          \
    }

enum { LANES = 16 };

/* The largest of n neighbours times sign; NaN if one is NaN or infinite. */
static float most_f32(const float *x, size_t n, float sign) {
    float lanes[LANES], most = x[0] * sign, poison = 0.0f;
    float sums[LANES] = {0}; /* zero, unless there is NaN or infinity */
    for (int l = 0; l < LANES; l++) {
        lanes[l] = most;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            const float v = x[i + (size_t)l] * sign;
            lanes[l] = v > lanes[l] ? v : lanes[l];
            sums[l] += v * 0.0f;
        }
    }
    for (; i < n; i++) {
        most = x[i] * sign > most ? x[i] * sign : most;
        poison += x[i] * 0.0f;
    }
    for (int l = 0; l < LANES; l++) {
        most = lanes[l] > most ? lanes[l] : most;
        poison += sums[l];
    }
    return poison == 0.0f ? most : NAN;
}

static size_t find_f32(const arg_params *p, const float *x) {
    const size_t n = p->axis.extent, stride = p->axis.inner;
    const float sign = p->order.flip == 0 ? 1.0f : -1.0f;
    const float most = stride == 1 && n > LANES ? most_f32(x, n, sign) : NAN;
    if (most == most) { /* finite numbers alone: the rest is a search */
        size_t i = p->last ? n - 1 : 0;
        while (x[i] * sign != most) {
            i += p->last ? SIZE_MAX : 1;
        }
        return i;
    }
    float best = x[0] * sign;
    size_t found = 0;
    if (p->last) {
        FIND_F32(v < best)
    } else {
        FIND_F32(v <= best)
    }
    return found;
}

/* Any type, by keys. */
static size_t find_any(const arg_params *p, const char *from) {
    const size_t size = iou_type_size(p->order.type), extent = p->axis.extent;
    uint64_t keys[IOU_KEYS], most = 0;
    size_t found = 0;
    for (size_t at = 0; at < extent; at += IOU_KEYS) {
        const size_t n = iou_size_min(extent - at, IOU_KEYS);
        iou_order_keys(&p->order, from + at * p->axis.inner * size, p->axis.inner, n, keys);
        for (size_t i = 0; i < n; i++) {
            if (keys[i] > most || (p->last && keys[i] == most)) {
                most = keys[i];
                found = at + i;
            }
        }
    }
    return found;
}

static iou_status arg_run(const iou_call *call, size_t task) {
    const arg_params *p = call->params;
    const size_t size = iou_type_size(p->order.type);
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        const size_t at = row / p->axis.inner * p->axis.extent * p->axis.inner;
        const char *from = (const char *)call->in[0] + (at + row % p->axis.inner) * size;
        const size_t found = p->order.type == IOU_FLOAT
                                 ? find_f32(p, (const float *)(const void *)from)
                                 : find_any(p, from);
        ((int64_t *)call->out[0])[row] = (int64_t)found;
    }
    return IOU_OK;
}

static iou_status arg_prepare(const iou_prepare *prepare) {
    const arg_attributes *a = prepare->node->attributes;
    arg_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const bool most = prepare->node->op == &iou_op_arg_max;
    p->axis = iou_axis_of(prepare->in[0], a->axis);
    p->order = (iou_order){prepare->in[0]->type, most ? 0 : UINT64_MAX, UINT64_MAX};
    p->last = a->last;
    p->rows = iou_rows_of(p->axis.outer * p->axis.inner, p->axis.extent);
    if (p->axis.extent == 0 && p->rows.count > 0) {
        return iou_prepare_fail(prepare, IOU_BAD_DATA, "the axis has no element to choose");
    }
    *prepare->step = (iou_step){.run = arg_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_arg_max = {.name = "ArgMax",
                               .attributes_size = sizeof(arg_attributes),
                               .parse = arg_parse,
                               .infer = arg_infer,
                               .prepare = arg_prepare};
const iou_op iou_op_arg_min = {.name = "ArgMin",
                               .attributes_size = sizeof(arg_attributes),
                               .parse = arg_parse,
                               .infer = arg_infer,
                               .prepare = arg_prepare};

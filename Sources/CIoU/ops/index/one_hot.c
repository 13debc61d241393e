/* OneHot: a new axis, `on` where its coordinate is the index and `off` elsewhere. */
#include "ops/facts.h"
#include "ops/rows.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

enum { INDICES = 0, DEPTH = 1, VALUES = 2 };

typedef struct one_hot_params {
    iou_axis axis; /* of the output */
    iou_rows rows; /* of the outer dimensions */
    iou_type index_type;
    size_t size; /* of an element */
} one_hot_params;

static iou_dim depth_of(const iou_fact *depth) {
    if (iou_fact_value_count(depth) == 1) {
        return iou_fact_value(depth, 0);
    }
    iou_floats number;
    iou_floats_from_fact(&number, depth);
    const bool fits =
        number.state == IOU_INTS_KNOWN && number.count == 1 && fabs(number.values[0]) < 0x1p62;
    return fits ? iou_dim_number((int64_t)number.values[0]) : iou_dim_unknown();
}

static iou_status check_number(const iou_infer *infer, int input, size_t expected, int most_rank) {
    const iou_fact *fact = infer->in[input];
    size_t count;
    if (fact->rank > most_rank || (iou_fact_count(fact, &count) && count != expected)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d must have %zu numbers", input,
                              expected);
    }
    return IOU_OK;
}

static iou_status one_hot_parse(const iou_parse *parse) {
    return iou_axis_parse(parse, -1);
}

static iou_status one_hot_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    static const iou_type numbers[] = {IOU_FLOAT,  IOU_UINT8,  IOU_INT8,    IOU_UINT16,
                                       IOU_INT16,  IOU_INT32,  IOU_INT64,   IOU_DOUBLE,
                                       IOU_UINT32, IOU_UINT64, IOU_FLOAT16, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, INDICES, numbers));
    IOU_TRY(iou_infer_type(infer, DEPTH, numbers));
    IOU_TRY(iou_infer_type(infer, VALUES, iou_types_any));
    IOU_TRY(check_number(infer, DEPTH, 1, 1));
    IOU_TRY(check_number(infer, VALUES, 2, 1));
    const iou_fact *x = infer->in[INDICES];
    iou_fact *out = &infer->out[0];
    const iou_dim depth = depth_of(infer->in[DEPTH]);
    if (depth.known && depth.value < 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "depth must not be negative, it is %lld",
                              (long long)depth.value);
    }
    out->type = infer->in[VALUES]->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank + 1 > IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "at most rank %d, found %d", IOU_MAX_RANK,
                              x->rank + 1);
    }
    int axis;
    const iou_axis_attribute *a = infer->node->attributes;
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank + 1, &axis));
    out->rank = x->rank + 1;
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = i == axis ? depth : x->dims[i < axis ? i : i - 1];
    }
    return IOU_OK;
}

/* The coordinate that an index names, or -1 where it is outside -depth … depth-1. */
static int64_t read_index(iou_type type, const void *indices, size_t at, int64_t depth) {
    int64_t index;
    if (type == IOU_FLOAT || type == IOU_DOUBLE || type == IOU_FLOAT16) {
        const double given = iou_read_double(type, indices, at);
        index = given >= -0x1p62 && given <= 0x1p62 ? (int64_t)given : -depth - 1;
    } else {
        index = iou_read_int(type, indices, at);
        index = type == IOU_UINT64 && index < 0 ? depth : index;
    }
    const bool inside = index >= -depth && index < depth;
    return !inside ? -1 : index < 0 ? index + depth : index;
}

static iou_status one_hot_run(const iou_call *call, size_t task) {
    const one_hot_params *p = call->params;
    const size_t inner = p->axis.inner, row_size = p->axis.extent * inner;
    const char *off = call->in[VALUES], *on = off + p->size;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        char *to = (char *)call->out[0] + row * row_size * p->size;
        iou_copy_strided(to, off, row_size, 0, p->size);
        for (size_t i = 0; i < inner; i++) {
            const int64_t index = read_index(p->index_type, call->in[INDICES], row * inner + i,
                                             (int64_t)p->axis.extent);
            if (index >= 0) {
                memcpy(to + ((size_t)index * inner + i) * p->size, on, p->size);
            }
        }
    }
    return IOU_OK;
}

static iou_status one_hot_prepare(const iou_prepare *prepare) {
    one_hot_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_axis_attribute *a = prepare->node->attributes;
    p->axis = iou_axis_of(&prepare->out[0], a->axis);
    p->rows = iou_rows_of(p->axis.outer, p->axis.extent * p->axis.inner);
    p->index_type = prepare->in[INDICES]->type;
    p->size = iou_type_size(prepare->out[0].type);
    *prepare->step = (iou_step){.run = one_hot_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "rows",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_one_hot = {.name = "OneHot",
                               .attributes_size = sizeof(iou_axis_attribute),
                               .parse = one_hot_parse,
                               .infer = one_hot_infer,
                               .prepare = one_hot_prepare};

#include "ops/index/scatter_combine.h"

#include "ops/facts.h"

#include <string.h>

enum { COMBINE_TYPES = IOU_UINT64 + 1 };

#define COMBINE(name, type, expression)                                                            \
    static void name(void *to, const void *from, size_t n) {                                       \
        type *a = to;                                                                              \
        const type *b = from;                                                                      \
        for (size_t i = 0; i < n; i++) {                                                           \
            const type u = a[i], v = b[i];                                                         \
            a[i] = (type)(expression);                                                             \
        }                                                                                          \
    }

#define COMBINE_FLOATS(suffix, type)                                                               \
    COMBINE(add_##suffix, type, u + v)                                                             \
    COMBINE(mul_##suffix, type, u *v)                                                              \
    COMBINE(max_##suffix, type, v > u || v != v ? v : u)                                           \
    COMBINE(min_##suffix, type, v < u || v != v ? v : u)

/* Integers wrap. */
#define COMBINE_INTEGERS(suffix, type)                                                             \
    COMBINE(add_##suffix, type, (uint64_t)u + (uint64_t)v)                                         \
    COMBINE(mul_##suffix, type, (uint64_t)u *(uint64_t)v)                                          \
    COMBINE(max_##suffix, type, v > u ? v : u)                                                     \
    COMBINE(min_##suffix, type, v < u ? v : u)

COMBINE_FLOATS(f32, float)
COMBINE_FLOATS(f64, double)
COMBINE_INTEGERS(i8, int8_t)
COMBINE_INTEGERS(i16, int16_t)
COMBINE_INTEGERS(i32, int32_t)
COMBINE_INTEGERS(i64, int64_t)
COMBINE_INTEGERS(u8, uint8_t)
COMBINE_INTEGERS(u16, uint16_t)
COMBINE_INTEGERS(u32, uint32_t)
COMBINE_INTEGERS(u64, uint64_t)

typedef struct iou_combine_row {
    const char *name;
    int opset; /* the first that has it */
    iou_combine apply[COMBINE_TYPES];
} combine_row;

#define ROW(name)                                                                                  \
    {                                                                                              \
        [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64, [IOU_INT8] = name##_i8,               \
        [IOU_INT16] = name##_i16, [IOU_INT32] = name##_i32, [IOU_INT64] = name##_i64,              \
        [IOU_UINT8] = name##_u8, [IOU_UINT16] = name##_u16, [IOU_UINT32] = name##_u32,             \
        [IOU_UINT64] = name##_u64                                                                  \
    }

static const combine_row rows[] = {
    {"add", 16, ROW(add)}, {"mul", 16, ROW(mul)}, {"max", 18, ROW(max)}, {"min", 18, ROW(min)}};

iou_status iou_scatter_parse(const iou_parse *parse) {
    iou_scatter_attributes *a = parse->attributes;
    char reduction[16];
    a->axis = iou_attribute_int(parse->node, "axis", 0);
    if (!iou_attribute_string(parse->node, "reduction", reduction, sizeof reduction)) {
        return IOU_OK;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, reduction) == 0 && parse->node->opset >= rows[i].opset) {
            a->row = &rows[i];
        }
    }
    return a->row != NULL || strcmp(reduction, "none") == 0
               ? IOU_OK
               : iou_parse_fail(parse, IOU_BAD_MODEL,
                                "reduction must be none, add, mul, max or min, it is '%s'",
                                reduction);
}

static const combine_row *row_of(const iou_node *node) {
    return ((const iou_scatter_attributes *)node->attributes)->row;
}

static iou_status check_reduction(const iou_infer *infer, iou_type type) {
    const combine_row *row = row_of(infer->node);
    if (row != NULL && type != IOU_TYPE_UNDEFINED && row->apply[type] == NULL) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "reduction '%s' of %s", row->name,
                              iou_type_name(type));
    }
    return IOU_OK;
}

iou_status iou_scatter_check(const iou_infer *infer, const iou_type *indices) {
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, indices));
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 2, same[0] == IOU_TYPE_UNDEFINED ? iou_types_any : same));
    return check_reduction(infer, same[0]);
}

iou_step iou_scatter_step(iou_run_task run, const void *params) {
    return (iou_step){.run = run,
                      .params = params,
                      .task_count = 1,
                      .in_place = 1,
                      .algorithm = "scatter",
                      .isa = "scalar"};
}

iou_combine iou_combine_find(const iou_node *node, iou_type type) {
    const combine_row *row = row_of(node);
    return row == NULL ? NULL : row->apply[type];
}

iou_status iou_scatter_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *x = infer->in[0], *at = infer->in[1], *updates = infer->in[2];
    const int have = iou_fact_value_count(x), count = iou_fact_value_count(at);
    if (have < 0 || count < 0 || x->rank != 1 || iou_fact_value_count(updates) != count ||
        iou_combine_find(infer->node, IOU_INT64) != NULL) {
        return IOU_OK;
    }
    iou_dim elements[IOU_MAX_ELEMENTS];
    for (int i = 0; i < have; i++) {
        elements[i] = iou_fact_value(x, i);
    }
    for (int i = 0; i < count; i++) {
        const iou_dim index = iou_fact_value(at, i);
        const int64_t position = index.value < 0 ? index.value + have : index.value;
        if (!index.known || position < 0 || position >= have) {
            return IOU_OK;
        }
        elements[position] = iou_fact_value(updates, i);
    }
    iou_dim *known = iou_infer_elements(infer, out, have);
    if (known == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    memcpy(known, elements, (size_t)have * sizeof *known);
    return IOU_OK;
}

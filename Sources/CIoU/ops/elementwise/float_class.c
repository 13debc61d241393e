/* IsNaN and IsInf: of every floating-point type, from the bits. */
#include "core/small_float.h"
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <math.h>

/* What to find. */
typedef struct class_attributes {
    bool nan, negative, positive;
} class_attributes;

typedef struct class_params {
    size_t count;
    iou_type type;
    class_attributes find;
} class_params;

static iou_status class_parse(const iou_parse *parse) {
    class_attributes *a = parse->attributes;
    a->nan = parse->node->op == &iou_op_is_nan;
    a->negative = !a->nan && iou_attribute_int(parse->node, "detect_negative", 1) != 0;
    a->positive = !a->nan && iou_attribute_int(parse->node, "detect_positive", 1) != 0;
    return IOU_OK;
}

static iou_status class_infer(const iou_infer *infer) {
    static const iou_type types[] = {IOU_FLOAT,      IOU_DOUBLE,         IOU_FLOAT16,
                                     IOU_BFLOAT16,   IOU_FLOAT8E4M3FN,   IOU_FLOAT8E4M3FNUZ,
                                     IOU_FLOAT8E5M2, IOU_FLOAT8E5M2FNUZ, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, types));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = IOU_BOOL;
    return IOU_OK;
}

#define CLASSIFY(unsigned_type, sign_bit, infinity)                                                \
    for (size_t i = begin; i < end; i++) {                                                         \
        const unsigned_type x = ((const unsigned_type *)call->in[0])[i];                           \
        const unsigned_type size = (unsigned_type)(x & (unsigned_type)((sign_bit)-1));             \
        const bool expected = (x & (sign_bit)) != 0 ? p->find.negative : p->find.positive;         \
        out[i] =                                                                                   \
            (uint8_t)((p->find.nan & (size > (infinity))) | (expected & (size == (infinity))));    \
    }                                                                                              \
    break

/* Of formats of 8 bits. */
static void classify_small(const class_params *p, const uint8_t *x, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double value = iou_small_float_decode(p->type, x[i]);
        const bool wanted = value < 0.0 ? p->find.negative : p->find.positive;
        out[i] = (uint8_t)((p->find.nan && isnan(value)) || (wanted && isinf(value)));
    }
}

static iou_status class_run(const iou_call *call, size_t task) {
    const class_params *p = call->params;
    uint8_t *out = call->out[0];
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    switch (p->type) {
    case IOU_FLOAT: CLASSIFY(uint32_t, 0x80000000u, 0x7f800000u);
    case IOU_DOUBLE: CLASSIFY(uint64_t, UINT64_C(0x8000000000000000), UINT64_C(0x7ff0000000000000));
    case IOU_FLOAT16: CLASSIFY(uint16_t, 0x8000u, 0x7c00u);
    case IOU_BFLOAT16: CLASSIFY(uint16_t, 0x8000u, 0x7f80u);
    default:
        classify_small(p, (const uint8_t *)call->in[0] + begin, out + begin, end - begin);
        break;
    }
    return IOU_OK;
}

static iou_status class_prepare(const iou_prepare *prepare) {
    class_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->type = prepare->in[0]->type;
    p->find = *(const class_attributes *)prepare->node->attributes;
    *prepare->step = (iou_step){.run = class_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_is_inf = {.name = "IsInf",
                              .layout = IOU_LAYOUT_ELEMENTWISE,
                              .attributes_size = sizeof(class_attributes),
                              .parse = class_parse,
                              .infer = class_infer,
                              .prepare = class_prepare};
const iou_op iou_op_is_nan = {.name = "IsNaN",
                              .layout = IOU_LAYOUT_ELEMENTWISE,
                              .attributes_size = sizeof(class_attributes),
                              .parse = class_parse,
                              .infer = class_infer,
                              .prepare = class_prepare};

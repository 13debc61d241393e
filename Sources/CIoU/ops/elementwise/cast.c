/* Cast and CastLike: through double, int64 or uint64, whichever holds the source exactly. */
#include "ops/facts.h"

#include "core/sizes.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

/* ---- float16 ------------------------------------------------------------------------------- */

static double half_to_double(uint16_t half) {
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31) {
        return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
    }
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25));
}

/* Rounds to the nearest, ties to even. */
static uint16_t double_to_half(double x) {
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const double size = fabs(x);
    if (isnan(x)) {
        return (uint16_t)(sign | 0x7e00);
    }
    if (size >= 65520.0) {
        return (uint16_t)(sign | 0x7c00);
    }
    int exponent;
    (void)frexp(size, &exponent);
    const int unit = size == 0.0 || exponent < -13 ? -24 : exponent - 11;
    const int units = (int)rint(ldexp(size, -unit)); /* 1024 … 2048, or a denormal's fraction */
    return (uint16_t)(sign | (units + ((unit + 24) << 10)));
}

/* ---- Loading and storing ------------------------------------------------------------------- */

typedef enum wide_kind { WIDE_DOUBLE, WIDE_SIGNED, WIDE_UNSIGNED } wide_kind;

enum { WIDE = 256 };

typedef union wide {
    double f[WIDE];
    int64_t i[WIDE];
    uint64_t u[WIDE];
} wide;

static wide_kind kind_of(iou_type type) {
    const bool floating = type == IOU_FLOAT || type == IOU_DOUBLE || type == IOU_FLOAT16;
    return floating ? WIDE_DOUBLE : type == IOU_UINT64 ? WIDE_UNSIGNED : WIDE_SIGNED;
}

#define LOAD(type, member, expression)                                                             \
    for (size_t k = 0; k < n; k++) {                                                               \
        const type x = ((const type *)in)[k];                                                      \
        to->member[k] = expression;                                                                \
    }                                                                                              \
    break

static void load(iou_type type, const void *in, wide *to, size_t n) {
    switch (type) {
    case IOU_FLOAT: LOAD(float, f, (double)x);
    case IOU_DOUBLE: LOAD(double, f, x);
    case IOU_FLOAT16: LOAD(uint16_t, f, half_to_double(x));
    case IOU_INT8: LOAD(int8_t, i, x);
    case IOU_INT16: LOAD(int16_t, i, x);
    case IOU_INT32: LOAD(int32_t, i, x);
    case IOU_INT64: LOAD(int64_t, i, x);
    case IOU_UINT8: LOAD(uint8_t, i, x);
    case IOU_UINT16: LOAD(uint16_t, i, x);
    case IOU_UINT32: LOAD(uint32_t, i, x);
    case IOU_UINT64: LOAD(uint64_t, u, x);
    default: LOAD(uint8_t, i, x != 0);
    }
}

/* What an integer type cannot hold becomes the nearest int64; NaN becomes 0. */
static int64_t to_integer(double x) {
    return isnan(x) ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static uint64_t to_unsigned(double x) {
    return x >= 0x1p64 ? UINT64_MAX : x >= 0x1p63 ? (uint64_t)x : (uint64_t)to_integer(x);
}

#define STORE(type, expression)                                                                    \
    for (size_t k = 0; k < n; k++) {                                                               \
        ((type *)out)[k] = (type)(expression);                                                     \
    }                                                                                              \
    break

#define STORE_INTEGERS(value)                                                                      \
    case IOU_INT8: STORE(int8_t, value);                                                           \
    case IOU_INT16: STORE(int16_t, value);                                                         \
    case IOU_INT32: STORE(int32_t, value);                                                         \
    case IOU_INT64: STORE(int64_t, value);                                                         \
    case IOU_UINT8: STORE(uint8_t, value);                                                         \
    case IOU_UINT16: STORE(uint16_t, value);                                                       \
    case IOU_UINT32: STORE(uint32_t, value)

static void store_double(iou_type type, const wide *from, void *out, size_t n) {
    switch (type) {
    case IOU_FLOAT: STORE(float, from->f[k]);
    case IOU_DOUBLE: STORE(double, from->f[k]);
    case IOU_FLOAT16:
        STORE(uint16_t, double_to_half(from->f[k]));
        STORE_INTEGERS(to_integer(from->f[k]));
    case IOU_UINT64: STORE(uint64_t, to_unsigned(from->f[k]));
    default: STORE(uint8_t, from->f[k] != 0.0);
    }
}

static void store_signed(iou_type type, const wide *from, void *out, size_t n) {
    switch (type) {
    case IOU_FLOAT: STORE(float, from->i[k]);
    case IOU_DOUBLE: STORE(double, from->i[k]);
    case IOU_FLOAT16:
        STORE(uint16_t, double_to_half((double)from->i[k]));
        STORE_INTEGERS(from->i[k]);
    case IOU_UINT64: STORE(uint64_t, from->i[k]);
    default: STORE(uint8_t, from->i[k] != 0);
    }
}

static void store_unsigned(iou_type type, const wide *from, void *out, size_t n) {
    switch (type) {
    case IOU_FLOAT: STORE(float, from->u[k]);
    case IOU_DOUBLE: STORE(double, from->u[k]);
    case IOU_FLOAT16:
        STORE(uint16_t, double_to_half((double)from->u[k]));
        STORE_INTEGERS(from->u[k]);
    case IOU_UINT64: STORE(uint64_t, from->u[k]);
    default: STORE(uint8_t, from->u[k] != 0);
    }
}

/* ---- The operator -------------------------------------------------------------------------- */

typedef struct cast_params {
    size_t count;
    iou_type from, to;
} cast_params;

static iou_status cast_run(const iou_call *call, size_t task) {
    const cast_params *p = call->params;
    const wide_kind kind = kind_of(p->from);
    wide values;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    while (at < end) {
        const size_t n = iou_size_min(end - at, WIDE);
        void *out = (char *)call->out[0] + at * iou_type_size(p->to);
        load(p->from, (const char *)call->in[0] + at * iou_type_size(p->from), &values, n);
        if (kind == WIDE_DOUBLE) {
            store_double(p->to, &values, out, n);
        } else if (kind == WIDE_SIGNED) {
            store_signed(p->to, &values, out, n);
        } else {
            store_unsigned(p->to, &values, out, n);
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status cast_prepare(const iou_prepare *prepare) {
    cast_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->from = prepare->in[0]->type;
    p->to = prepare->out[0].type;
    if (p->from == p->to) {
        return iou_prepare_copy(prepare);
    }
    *prepare->step = (iou_step){.run = cast_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

static bool holds_elements(iou_type type) {
    return type == IOU_INT32 || type == IOU_INT64 || type == IOU_BOOL;
}

/* Known elements survive where both types can carry them. */
static iou_status cast_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *in = infer->in[0];
    const int count = iou_fact_value_count(in);
    if (out->type == in->type) {
        iou_fact_same_value(out, in);
        return IOU_OK;
    }
    if (count < 0 || !holds_elements(out->type)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < count; i++) {
        iou_dim value = iou_fact_value(in, i);
        if (out->type == IOU_BOOL) {
            value = value.known ? iou_dim_number(value.value != 0) : iou_dim_unknown();
        }
        const bool fits = !value.known || iou_type_holds(out->type, value.value);
        elements[i] = fits ? value : iou_dim_unknown();
    }
    return IOU_OK;
}

/* Before opset 6, `to` is a name. */
static iou_status cast_parse(const iou_parse *parse) {
    static const char *const names[] = {"",        "FLOAT",  "UINT8",  "INT8",   "UINT16",
                                        "INT16",   "INT32",  "INT64",  "STRING", "BOOL",
                                        "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
    iou_type *to = parse->attributes;
    int64_t number = 0;
    char text[16];
    if (parse->node->opset >= 6) {
        number = iou_attribute_int(parse->node, "to", 0);
    } else if (iou_attribute_string(parse->node, "to", text, sizeof text)) {
        for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
            number = strcmp(names[i], text) == 0 ? (int64_t)i : number;
        }
    }
    *to = number > 0 && number <= INT32_MAX ? (iou_type)number : IOU_TYPE_UNDEFINED;
    if (iou_type_size(*to) == 0) {
        return iou_parse_fail(parse, IOU_UNSUPPORTED, "cannot cast to %s (type %lld)",
                              iou_type_name(*to), (long long)number);
    }
    return IOU_OK;
}

static iou_status cast_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = *(const iou_type *)infer->node->attributes;
    return cast_value(infer, &infer->out[0]);
}

/* The second input gives its type alone. */
static iou_status cast_like_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_any));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = infer->in[1]->type;
    return infer->in[0]->type == IOU_TYPE_UNDEFINED ? IOU_OK : cast_value(infer, &infer->out[0]);
}

const iou_op iou_op_cast = {.name = "Cast",
                            .layout = IOU_LAYOUT_ELEMENTWISE,
                            .attributes_size = sizeof(iou_type),
                            .parse = cast_parse,
                            .infer = cast_infer,
                            .prepare = cast_prepare};
const iou_op iou_op_cast_like = {
    .name = "CastLike", .infer = cast_like_infer, .prepare = cast_prepare};

/* Functions of one element: one table, one line a function. */
#include "ops/facts.h"
#include "ops/walk.h"

#include <math.h>
#include <string.h>

enum { UNARY_TYPES = IOU_UINT64 + 1 };

typedef struct unary_params {
    size_t count;
    float alpha, beta;
    void (*apply)(const void *in, void *out, size_t n, const struct unary_params *params);
    size_t in_size, out_size;
} unary_params;

typedef void (*unary_fn)(const void *in, void *out, size_t n, const unary_params *params);

/* exp(x) without branches, so that loops over it vectorise; within 2 ULP of the exact value. */
static inline float exp_f32(float x) {
    const float low = x < -104.0f ? -104.0f : x;
    const float v = low > 89.0f ? 89.0f : low;
    const float shifted = v * 1.44269504f + 12582912.0f; /* rounds to the nearest integer */
    const float n = shifted - 12582912.0f;
    const float r = (v - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    /* two factors of 2^(n/2) reach denormals and infinity */
    const int32_t whole = (int32_t)(bits - 0x4b400000u);
    const int32_t half = whole >> 1;
    const uint32_t first = (uint32_t)(half + 127) << 23;
    const uint32_t second = (uint32_t)(whole - half + 127) << 23;
    float a, b;
    memcpy(&a, &first, sizeof a);
    memcpy(&b, &second, sizeof b);
    return p * a * b;
}

#define UNARY(name, type, expression)                                                              \
    static void name(const void *in, void *out, size_t n, const unary_params *p) {                 \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        (void)p;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const type x = from[i];                                                                \
            to[i] = (type)(expression);                                                            \
        }                                                                                          \
    }

/* The same, where nothing prevents vectorising. */
#define SIMPLE(name, type, expression)                                                             \
    static void name(const void *in, void *out, size_t n, const unary_params *p) {                 \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        (void)p;                                                                                   \
        IOU_INDEPENDENT for (size_t i = 0; i < n; i++) {                                           \
            const type x = from[i];                                                                \
            to[i] = (type)(expression);                                                            \
        }                                                                                          \
    }

/* A function of libm for both floating-point types. */
#define LIBM(name, f32, f64)                                                                       \
    UNARY(name##_f32, float, f32)                                                                  \
    UNARY(name##_f64, double, f64)

SIMPLE(relu_f32, float, x < 0.0f ? 0.0f : x)
UNARY(relu_f64, double, x < 0.0 ? 0.0 : x)
UNARY(relu_i8, int8_t, x < 0 ? 0 : x)
UNARY(relu_i16, int16_t, x < 0 ? 0 : x)
UNARY(relu_i32, int32_t, x < 0 ? 0 : x)
UNARY(relu_i64, int64_t, x < 0 ? 0 : x)
SIMPLE(leaky_relu_f32, float, x < 0.0f ? x * p->alpha : x)
UNARY(leaky_relu_f64, double, x < 0.0 ? x * (double)p->alpha : x)
SIMPLE(sigmoid_f32, float, 1.0f / (1.0f + exp_f32(-x)))
UNARY(sigmoid_f64, double, 1.0 / (1.0 + exp(-x)))
SIMPLE(exp_all_f32, float, exp_f32(x))
UNARY(exp_all_f64, double, exp(x))
LIBM(log_all, logf(x), log(x))
LIBM(sqrt_all, sqrtf(x), sqrt(x))
LIBM(floor_all, floorf(x), floor(x))
LIBM(ceil_all, ceilf(x), ceil(x))
LIBM(round_all, rintf(x), rint(x))
LIBM(tanh_all, tanhf(x), tanh(x))
LIBM(erf_all, erff(x), erf(x))
LIBM(sin_all, sinf(x), sin(x))
LIBM(cos_all, cosf(x), cos(x))
LIBM(softplus, x > 20.0f ? x : log1pf(expf(x)), x > 40.0 ? x : log1p(exp(x)))
LIBM(softsign, x / (1.0f + fabsf(x)), x / (1.0 + fabs(x)))
LIBM(elu, x < 0.0f ? p->alpha * expm1f(x) : x, x < 0.0 ? (double)p->alpha * expm1(x) : x)
LIBM(selu, x > 0.0f ? p->beta * x : p->beta * p->alpha * expm1f(x),
     x > 0.0 ? (double)p->beta * x : (double)p->beta * (double)p->alpha * expm1(x))
LIBM(mish, x *tanhf(x > 20.0f ? x : log1pf(expf(x))), x *tanh(x > 40.0 ? x : log1p(exp(x))))
LIBM(sign_all, (float)((x > 0.0f) - (x < 0.0f)), (double)((x > 0.0) - (x < 0.0)))
UNARY(sign_i32, int32_t, (x > 0) - (x < 0))
UNARY(sign_i64, int64_t, (x > 0) - (x < 0))
SIMPLE(reciprocal_f32, float, 1.0f / x)
UNARY(reciprocal_f64, double, 1.0 / x)
SIMPLE(abs_f32, float, fabsf(x))
UNARY(abs_f64, double, fabs(x))
/* negation goes through unsigned numbers: the smallest integer stays itself */
UNARY(abs_i8, int8_t, x < 0 ? 0u - (uint8_t)x : (uint8_t)x)
UNARY(abs_i16, int16_t, x < 0 ? 0u - (uint16_t)x : (uint16_t)x)
UNARY(abs_i32, int32_t, x < 0 ? 0u - (uint32_t)x : (uint32_t)x)
UNARY(abs_i64, int64_t, x < 0 ? 0u - (uint64_t)x : (uint64_t)x)
SIMPLE(neg_f32, float, -x)
UNARY(neg_f64, double, -x)
UNARY(neg_i8, int8_t, 0u - (uint8_t)x)
UNARY(neg_i16, int16_t, 0u - (uint16_t)x)
UNARY(neg_i32, int32_t, 0u - (uint32_t)x)
UNARY(neg_i64, int64_t, 0u - (uint64_t)x)
UNARY(copy_u8, uint8_t, x)
UNARY(copy_u16, uint16_t, x)
UNARY(copy_u32, uint32_t, x)
UNARY(copy_u64, uint64_t, x)
UNARY(not_bool, uint8_t, x == 0)

static inline float clamp01(float x) {
    const float low = x < 0.0f ? 0.0f : x;
    return low > 1.0f ? 1.0f : low;
}

static inline double clamp01_f64(double x) {
    const double low = x < 0.0 ? 0.0 : x;
    return low > 1.0 ? 1.0 : low;
}

SIMPLE(hard_sigmoid_f32, float, clamp01(x * p->alpha + p->beta))
UNARY(hard_sigmoid_f64, double, clamp01_f64(x *(double)p->alpha + (double)p->beta))
SIMPLE(hard_swish_f32, float, x *clamp01(x *(1.0f / 6.0f) + 0.5f))
UNARY(hard_swish_f64, double, x *clamp01_f64(x / 6.0 + 0.5))

typedef struct unary_op {
    const char *name;
    float alpha, beta; /* attributes where absent */
    iou_type out;      /* undefined: as the input */
    unary_fn apply[UNARY_TYPES];
} unary_op;

#define FLOATS(name)                                                                               \
    { [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64 }
#define SIGNED(name)                                                                               \
    [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64, [IOU_INT8] = name##_i8,                   \
    [IOU_INT16] = name##_i16, [IOU_INT32] = name##_i32, [IOU_INT64] = name##_i64

static const unary_op unary_ops[] = {
    {"Abs",
     0,
     0,
     0,
     {SIGNED(abs), [IOU_UINT8] = copy_u8, [IOU_UINT16] = copy_u16, [IOU_UINT32] = copy_u32,
      [IOU_UINT64] = copy_u64}},
    {"Ceil", 0, 0, 0, FLOATS(ceil_all)},
    {"Cos", 0, 0, 0, FLOATS(cos_all)},
    {"Elu", 1.0f, 0, 0, FLOATS(elu)},
    {"Erf", 0, 0, 0, FLOATS(erf_all)},
    {"Exp", 0, 0, 0, FLOATS(exp_all)},
    {"Floor", 0, 0, 0, FLOATS(floor_all)},
    {"HardSigmoid", 0.2f, 0.5f, 0, FLOATS(hard_sigmoid)},
    {"HardSwish", 0, 0, 0, FLOATS(hard_swish)},
    {"LeakyRelu", 0.01f, 0, 0, FLOATS(leaky_relu)},
    {"Log", 0, 0, 0, FLOATS(log_all)},
    {"Mish", 0, 0, 0, FLOATS(mish)},
    {"Neg", 0, 0, 0, {SIGNED(neg)}},
    {"Not", 0, 0, 0, {[IOU_BOOL] = not_bool}},
    {"Reciprocal", 0, 0, 0, FLOATS(reciprocal)},
    {"Relu", 0, 0, 0, {SIGNED(relu)}},
    {"Round", 0, 0, 0, FLOATS(round_all)},
    {"Selu", 1.67326319217681884765625f, 1.05070102214813232421875f, 0, FLOATS(selu)},
    {"Sigmoid", 0, 0, 0, FLOATS(sigmoid)},
    {"Sign",
     0,
     0,
     0,
     {[IOU_FLOAT] = sign_all_f32,
      [IOU_DOUBLE] = sign_all_f64,
      [IOU_INT32] = sign_i32,
      [IOU_INT64] = sign_i64}},
    {"Sin", 0, 0, 0, FLOATS(sin_all)},
    {"Softplus", 0, 0, 0, FLOATS(softplus)},
    {"Softsign", 0, 0, 0, FLOATS(softsign)},
    {"Sqrt", 0, 0, 0, FLOATS(sqrt_all)},
    {"Tanh", 0, 0, 0, FLOATS(tanh_all)},
};

static const unary_op *unary_find(const iou_node *node) {
    const size_t count = sizeof unary_ops / sizeof unary_ops[0];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(unary_ops[i].name, node->op_type) == 0) {
            return &unary_ops[i];
        }
    }
    return &unary_ops[0]; /* registration and table agree, so this is not reached */
}

/* Not and Neg of known elements, for shape arithmetic. */
static iou_status unary_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *in = infer->in[0];
    const int count = iou_fact_value_count(in);
    const bool negate = strcmp(infer->node->op_type, "Neg") == 0;
    if (count < 0 || (!negate && out->type != IOU_BOOL)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < count; i++) {
        const iou_dim value = iou_fact_value(in, i);
        elements[i] = iou_dim_unknown();
        if (value.known && value.value != INT64_MIN) {
            const int64_t result = negate ? -value.value : value.value == 0;
            elements[i] = iou_type_holds(out->type, result) ? iou_dim_number(result) : elements[i];
        }
    }
    return IOU_OK;
}

static iou_status unary_infer(const iou_infer *infer) {
    const unary_op *op = unary_find(infer->node);
    iou_type allowed[UNARY_TYPES + 1] = {0};
    int count = 0;
    for (int i = 1; i < UNARY_TYPES; i++) {
        if (op->apply[i] != NULL) {
            allowed[count++] = (iou_type)i;
        }
    }
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, allowed));
    iou_fact_like(&infer->out[0], infer->in[0]);
    if (op->out != IOU_TYPE_UNDEFINED) {
        infer->out[0].type = op->out;
    }
    return unary_value(infer, &infer->out[0]);
}

static iou_status unary_run(const iou_call *call, size_t task) {
    const unary_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    p->apply((const char *)call->in[0] + begin * p->in_size,
             (char *)call->out[0] + begin * p->out_size, end - begin, p);
    return IOU_OK;
}

static iou_status unary_prepare(const iou_prepare *prepare) {
    const unary_op *op = unary_find(prepare->node);
    unary_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->alpha = iou_attribute_float(prepare->node, "alpha", op->alpha);
    p->beta = iou_attribute_float(prepare->node, strcmp(op->name, "Selu") == 0 ? "gamma" : "beta",
                                  op->beta);
    p->in_size = iou_type_size(prepare->in[0]->type);
    p->out_size = iou_type_size(prepare->out[0].type);
    p->apply = op->apply[prepare->in[0]->type];
    *prepare->step = (iou_step){.run = unary_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = p->in_size == p->out_size,
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

#define UNARY_OP(type, symbol)                                                                     \
    const iou_op iou_op_##symbol = {type, IOU_LAYOUT_ELEMENTWISE, unary_infer, unary_prepare};

UNARY_OP("Abs", abs)
UNARY_OP("Ceil", ceil)
UNARY_OP("Cos", cos)
UNARY_OP("Elu", elu)
UNARY_OP("Erf", erf)
UNARY_OP("Exp", exp)
UNARY_OP("Floor", floor)
UNARY_OP("HardSigmoid", hard_sigmoid)
UNARY_OP("HardSwish", hard_swish)
UNARY_OP("LeakyRelu", leaky_relu)
UNARY_OP("Log", log)
UNARY_OP("Mish", mish)
UNARY_OP("Neg", neg)
UNARY_OP("Not", not )
UNARY_OP("Reciprocal", reciprocal)
UNARY_OP("Relu", relu)
UNARY_OP("Round", round)
UNARY_OP("Selu", selu)
UNARY_OP("Sigmoid", sigmoid)
UNARY_OP("Sign", sign)
UNARY_OP("Sin", sin)
UNARY_OP("Softplus", softplus)
UNARY_OP("Softsign", softsign)
UNARY_OP("Sqrt", sqrt)
UNARY_OP("Tanh", tanh)

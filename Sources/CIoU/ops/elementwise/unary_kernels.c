/* Functions of one element: their loops, and one table with a line a function. */
#include "ops/elementwise/unary_kernels.h"

#include "core/clamp.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

/* exp(x) without branches, so that loops over it vectorise; within 2 ULP of the exact value. */
static inline float exp_f32(float x) {
    const float v = iou_clamp_f32(x, -104.0f, 89.0f);
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
    static void name(const void *in, void *out, size_t n, const iou_unary_params *p) {             \
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
    static void name(const void *in, void *out, size_t n, const iou_unary_params *p) {             \
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
UNARY(sign_u64, uint64_t, x > 0)
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

LIBM(tan_all, tanf(x), tan(x))
LIBM(asin_all, asinf(x), asin(x))
LIBM(acos_all, acosf(x), acos(x))
LIBM(atan_all, atanf(x), atan(x))
LIBM(sinh_all, sinhf(x), sinh(x))
LIBM(cosh_all, coshf(x), cosh(x))
LIBM(asinh_all, asinhf(x), asinh(x))
LIBM(acosh_all, acoshf(x), acosh(x))
LIBM(atanh_all, atanhf(x), atanh(x))
LIBM(thresholded_relu, x > p->alpha ? x : 0.0f, x > (double)p->alpha ? x : 0.0)
LIBM(celu, x < 0.0f ? p->alpha * expm1f(x / p->alpha) : x,
     x < 0.0 ? (double)p->alpha * expm1(x / (double)p->alpha) : x)
SIMPLE(swish_f32, float, x / (1.0f + exp_f32(-p->alpha * x)))
UNARY(swish_f64, double, x / (1.0 + exp(-(double)p->alpha * x)))
UNARY(bits_not_8, uint8_t, ~(unsigned)x)
UNARY(bits_not_16, uint16_t, ~(unsigned)x)
UNARY(bits_not_32, uint32_t, ~x)
UNARY(bits_not_64, uint64_t, ~x)

/*
 * x times the normal distribution function, within 4e-7 of max(1, |x|): the tail
 * erfc(|x| / sqrt(2)) by Abramowitz and Stegun's formula 7.1.26.
 */
static inline float gelu_of(float x) {
    const float z = fabsf(x) * 0.70710678f;
    const float t = 1.0f / (1.0f + 0.3275911f * z);
    float q = 1.061405429f;
    q = q * t - 1.453152027f;
    q = q * t + 1.421413741f;
    q = q * t - 0.284496736f;
    q = q * t + 0.254829592f;
    const float tail = 0.5f * q * t * exp_f32(-z * z);
    const float share = x < 0.0f ? tail : 1.0f - tail;
    return share == 0.0f ? 0.0f : x * share; /* also of minus infinity */
}

SIMPLE(gelu_f32, float, gelu_of(x))
UNARY(gelu_f64, double, 0.5 * x * erfc(-x * 0.70710678118654752440))
/* (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3) */
SIMPLE(tanh_gelu_f32, float, x / (1.0f + exp_f32(-1.5957691216f * (x + 0.044715f * x * x * x))))
UNARY(tanh_gelu_f64, double,
      0.5 * x * (1.0 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))))

/* What an integer type cannot hold becomes the nearest int64; NaN becomes 0. */
static int64_t nearest_whole(double x) {
    return isnan(x) ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

/* alpha: lambd, beta: bias */
static inline double shrink(double x, const iou_unary_params *p) {
    const double lambda = (double)p->alpha, bias = (double)p->beta;
    return x < -lambda ? x + bias : x > lambda ? x - bias : 0.0;
}

UNARY(shrink_f32, float, shrink((double)x, p))
UNARY(shrink_f64, double, shrink(x, p))
UNARY(shrink_i8, int8_t, nearest_whole(shrink(x, p)))
UNARY(shrink_i16, int16_t, nearest_whole(shrink(x, p)))
UNARY(shrink_i32, int32_t, nearest_whole(shrink(x, p)))
UNARY(shrink_i64, int64_t, nearest_whole(shrink((double)x, p)))
UNARY(shrink_u8, uint8_t, nearest_whole(shrink(x, p)))
UNARY(shrink_u16, uint16_t, nearest_whole(shrink(x, p)))
UNARY(shrink_u32, uint32_t, nearest_whole(shrink(x, p)))
UNARY(shrink_u64, uint64_t, nearest_whole(shrink((double)x, p)))

SIMPLE(hard_sigmoid_f32, float, iou_clamp_f32(x * p->alpha + p->beta, 0.0f, 1.0f))
UNARY(hard_sigmoid_f64, double, iou_clamp_f64(x *(double)p->alpha + (double)p->beta, 0.0, 1.0))
SIMPLE(hard_swish_f32, float, x *iou_clamp_f32(x *(1.0f / 6.0f) + 0.5f, 0.0f, 1.0f))
UNARY(hard_swish_f64, double, x *iou_clamp_f64(x / 6.0 + 0.5, 0.0, 1.0))

#define FLOATS(name)                                                                               \
    { [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64 }
#define SIGNED(name)                                                                               \
    [IOU_FLOAT] = name##_f32, [IOU_DOUBLE] = name##_f64, [IOU_INT8] = name##_i8,                   \
    [IOU_INT16] = name##_i16, [IOU_INT32] = name##_i32, [IOU_INT64] = name##_i64

static const iou_unary_op unary_ops[] = {
    {"Abs",
     0,
     0,
     0,
     {SIGNED(abs), [IOU_UINT8] = copy_u8, [IOU_UINT16] = copy_u16, [IOU_UINT32] = copy_u32,
      [IOU_UINT64] = copy_u64},
     NULL,
     NULL},
    {"Ceil", 0, 0, 0, FLOATS(ceil_all), NULL, NULL},
    {"Cos", 0, 0, 0, FLOATS(cos_all), NULL, NULL},
    {"Elu", 1.0f, 0, 0, FLOATS(elu), NULL, NULL},
    {"Erf", 0, 0, 0, FLOATS(erf_all), NULL, NULL},
    {"Exp", 0, 0, 0, FLOATS(exp_all), NULL, NULL},
    {"Floor", 0, 0, 0, FLOATS(floor_all), NULL, NULL},
    {"HardSigmoid", 0.2f, 0.5f, 0, FLOATS(hard_sigmoid), NULL, NULL},
    {"HardSwish", 0, 0, 0, FLOATS(hard_swish), NULL, NULL},
    {"LeakyRelu", 0.01f, 0, 0, FLOATS(leaky_relu), NULL, NULL},
    {"Log", 0, 0, 0, FLOATS(log_all), NULL, NULL},
    {"Mish", 0, 0, 0, FLOATS(mish), NULL, NULL},
    {"Neg", 0, 0, 0, {SIGNED(neg)}, NULL, NULL},
    {"Not", 0, 0, 0, {[IOU_BOOL] = not_bool}, NULL, NULL},
    {"Reciprocal", 0, 0, 0, FLOATS(reciprocal), NULL, NULL},
    {"Relu", 0, 0, 0, {SIGNED(relu)}, NULL, NULL},
    {"Round", 0, 0, 0, FLOATS(round_all), NULL, NULL},
    {"Selu", 1.67326319217681884765625f, 1.05070102214813232421875f, 0, FLOATS(selu), NULL,
     "gamma"},
    {"Sigmoid", 0, 0, 0, FLOATS(sigmoid), NULL, NULL},
    {"Sign",
     0,
     0,
     0,
     {[IOU_FLOAT] = sign_all_f32,
      [IOU_DOUBLE] = sign_all_f64,
      [IOU_INT32] = sign_i32,
      [IOU_INT64] = sign_i64,
      [IOU_UINT64] = sign_u64},
     NULL,
     NULL},
    {"Sin", 0, 0, 0, FLOATS(sin_all), NULL, NULL},
    {"Softplus", 0, 0, 0, FLOATS(softplus), NULL, NULL},
    {"Softsign", 0, 0, 0, FLOATS(softsign), NULL, NULL},
    {"Sqrt", 0, 0, 0, FLOATS(sqrt_all), NULL, NULL},
    {"Tanh", 0, 0, 0, FLOATS(tanh_all), NULL, NULL},
    {"Acos", 0, 0, 0, FLOATS(acos_all), NULL, NULL},
    {"Acosh", 0, 0, 0, FLOATS(acosh_all), NULL, NULL},
    {"Asin", 0, 0, 0, FLOATS(asin_all), NULL, NULL},
    {"Asinh", 0, 0, 0, FLOATS(asinh_all), NULL, NULL},
    {"Atan", 0, 0, 0, FLOATS(atan_all), NULL, NULL},
    {"Atanh", 0, 0, 0, FLOATS(atanh_all), NULL, NULL},
    {"Cosh", 0, 0, 0, FLOATS(cosh_all), NULL, NULL},
    {"Sinh", 0, 0, 0, FLOATS(sinh_all), NULL, NULL},
    {"Tan", 0, 0, 0, FLOATS(tan_all), NULL, NULL},
    {"BitwiseNot",
     0,
     0,
     0,
     {[IOU_INT8] = bits_not_8,
      [IOU_UINT8] = bits_not_8,
      [IOU_INT16] = bits_not_16,
      [IOU_UINT16] = bits_not_16,
      [IOU_INT32] = bits_not_32,
      [IOU_UINT32] = bits_not_32,
      [IOU_INT64] = bits_not_64,
      [IOU_UINT64] = bits_not_64},
     NULL,
     NULL},
    {"Celu", 1.0f, 0, 0, FLOATS(celu), NULL, NULL},
    {"Gelu", 0, 0, 0, FLOATS(gelu), NULL, NULL},
    {"Shrink",
     0.5f,
     0,
     0,
     {SIGNED(shrink), [IOU_UINT8] = shrink_u8, [IOU_UINT16] = shrink_u16, [IOU_UINT32] = shrink_u32,
      [IOU_UINT64] = shrink_u64},
     "lambd",
     "bias"},
    {"Swish", 1.0f, 0, 0, FLOATS(swish), NULL, NULL},
    {"TanhGelu", 0, 0, 0, FLOATS(tanh_gelu), NULL, NULL},
    {"ThresholdedRelu", 1.0f, 0, 0, FLOATS(thresholded_relu), NULL, NULL},
};

const iou_unary_op *iou_unary_find(const char *name) {
    const size_t count = sizeof unary_ops / sizeof unary_ops[0];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(unary_ops[i].name, name) == 0) {
            return &unary_ops[i];
        }
    }
    return NULL;
}

/*
 * The loops of an epilogue and the functions of one element, over vectors. Include a simd_*.h
 * header before; gives vector_functions and the loops vector_scale, vector_slope, vector_add,
 * vector_multiply and vector_clamp.
 */
#include "core/simd_math.h"
#include "ops/elementwise/unary_kernels.h"
#include "ops/epilogue.h"

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/* ---- Functions of one element -------------------------------------------------------------- */

/* `rows` of `n` values each; `alpha` and `beta` are vectors of the parameters. */
#define IOU_VECTOR_FUNCTION(name, expression)                                                      \
    static void name##_from(const float *from, const iou_value_rows *to,                           \
                            const iou_unary_params *params) {                                      \
        const iou_v alpha = iou_v_set(params->alpha), beta = iou_v_set(params->beta);              \
        const iou_v zero = iou_v_zero(), one = iou_v_set(1.0F);                                    \
        (void)alpha, (void)beta, (void)zero, (void)one;                                            \
        const size_t n = to->columns;                                                              \
        float *values = to->values;                                                                \
        for (size_t row = 0; row < to->rows; row++) {                                              \
            size_t i = 0;                                                                          \
            for (; i + IOU_LANES <= n; i += IOU_LANES) {                                           \
                const iou_v x = iou_v_load(from + i);                                              \
                iou_v_store(values + i, expression);                                               \
            }                                                                                      \
            if (i < n) {                                                                           \
                const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(n - i));                         \
                const iou_v x = iou_v_load_part(from + i, lanes);                                  \
                iou_v_store_part(values + i, lanes, expression);                                   \
            }                                                                                      \
            from += to->stride;                                                                    \
            values += to->stride;                                                                  \
        }                                                                                          \
    }                                                                                              \
    static void name(const void *in, void *out, size_t n, const iou_unary_params *params) {        \
        name##_from(in, &(iou_value_rows){out, n, 1, n}, params);                                  \
    }                                                                                              \
    static void name##_rows(const iou_value_rows *x, const iou_unary_params *params) {             \
        name##_from(x->values, x, params);                                                         \
    }

#define IOU_BELOW(a, b, yes, no) iou_v_select(iou_v_less(a, b), yes, no)
#define IOU_UNIT(x) iou_v_min(one, iou_v_max(zero, x))
#define IOU_LINE(x, a, b) iou_v_add(iou_v_mul(x, a), b)

IOU_VECTOR_FUNCTION(vector_abs, iou_v_abs(x))
IOU_VECTOR_FUNCTION(vector_elu, IOU_BELOW(x, zero, iou_v_mul(alpha, iou_v_expm1(x)), x))
IOU_VECTOR_FUNCTION(vector_erf, iou_v_erf(x))
IOU_VECTOR_FUNCTION(vector_exp, iou_v_exp(x))
IOU_VECTOR_FUNCTION(vector_gelu, iou_v_gelu(x))
IOU_VECTOR_FUNCTION(vector_hard_sigmoid, IOU_UNIT(IOU_LINE(x, alpha, beta)))
IOU_VECTOR_FUNCTION(vector_hard_swish,
                    iou_v_mul(x, IOU_UNIT(IOU_LINE(x, iou_v_set(1.0F / 6.0F), iou_v_set(0.5F)))))
IOU_VECTOR_FUNCTION(vector_leaky_relu, IOU_BELOW(x, zero, iou_v_mul(x, alpha), x))
IOU_VECTOR_FUNCTION(vector_mish, iou_v_mish(x))
IOU_VECTOR_FUNCTION(vector_neg, iou_v_mul(x, iou_v_set(-1.0F)))
IOU_VECTOR_FUNCTION(vector_reciprocal, iou_v_div(one, x))
IOU_VECTOR_FUNCTION(vector_relu, iou_v_max(zero, x))
IOU_VECTOR_FUNCTION(vector_selu,
                    iou_v_mul(beta, IOU_BELOW(x, zero, iou_v_mul(alpha, iou_v_expm1(x)), x)))
IOU_VECTOR_FUNCTION(vector_sigmoid, iou_v_sigmoid(x))
IOU_VECTOR_FUNCTION(vector_softplus, iou_v_softplus(x))
IOU_VECTOR_FUNCTION(vector_softsign, iou_v_div(x, iou_v_add(one, iou_v_abs(x))))
IOU_VECTOR_FUNCTION(vector_sqrt, iou_v_sqrt(x))
IOU_VECTOR_FUNCTION(vector_silu, iou_v_silu(x))
IOU_VECTOR_FUNCTION(vector_swish_of, iou_v_swish(x, alpha))
IOU_VECTOR_FUNCTION(vector_tanh, iou_v_tanh(x))
/* as in unary_kernels.c: (1 + tanh(u)) / 2 = 1 / (1 + e^-2u) */
IOU_VECTOR_FUNCTION(
    vector_tanh_gelu,
    iou_v_div(x, iou_v_add(one, iou_v_exp(iou_v_mul(iou_v_set(-1.5957691216F),
                                                    IOU_LINE(iou_v_mul(iou_v_mul(x, x), x),
                                                             iou_v_set(0.044715F), x))))))
IOU_VECTOR_FUNCTION(vector_thresholded_relu, IOU_BELOW(alpha, x, x, zero))

static void vector_swish(const void *in, void *out, size_t n, const iou_unary_params *params) {
    (params->alpha == 1.0F ? vector_silu : vector_swish_of)(in, out, n, params);
}

static void vector_swish_rows(const iou_value_rows *x, const iou_unary_params *params) {
    (params->alpha == 1.0F ? vector_silu_rows : vector_swish_of_rows)(x, params);
}

/* ---- Loops of an epilogue ------------------------------------------------------------------ */

/* Each vector x of all rows becomes `whole`, at their ends `part`; i counts the columns. */
#define IOU_VECTOR_LOOP(whole, part)                                                               \
    for (size_t row = 0, n = r->columns; row < r->rows; row++) {                                   \
        float *values = r->values + row * r->stride;                                               \
        size_t i = 0;                                                                              \
        for (; i + IOU_LANES <= n; i += IOU_LANES) {                                               \
            const iou_v x = iou_v_load(values + i);                                                \
            iou_v_store(values + i, whole);                                                        \
        }                                                                                          \
        if (i < n) {                                                                               \
            const iou_v_lanes lanes = iou_v_first((ptrdiff_t)(n - i));                             \
            const iou_v x = iou_v_load_part(values + i, lanes);                                    \
            iou_v_store_part(values + i, lanes, part);                                             \
        }                                                                                          \
    }

static void vector_scale(const iou_value_rows *r, const float *scale, const float *shift,
                         bool uniform) {
    if (uniform) {
        const iou_v a = iou_v_set(*scale), b = iou_v_set(*shift);
        IOU_VECTOR_LOOP(IOU_LINE(x, a, b), IOU_LINE(x, a, b))
    } else {
        IOU_VECTOR_LOOP(
            IOU_LINE(x, iou_v_load(scale + i), iou_v_load(shift + i)),
            IOU_LINE(x, iou_v_load_part(scale + i, lanes), iou_v_load_part(shift + i, lanes)))
    }
}

static void vector_slope(const iou_value_rows *r, const float *scale, bool uniform) {
    const iou_v zero = iou_v_zero();
    if (uniform) {
        const iou_v a = iou_v_set(*scale);
        IOU_VECTOR_LOOP(IOU_BELOW(x, zero, iou_v_mul(x, a), x),
                        IOU_BELOW(x, zero, iou_v_mul(x, a), x))
    } else {
        IOU_VECTOR_LOOP(IOU_BELOW(x, zero, iou_v_mul(x, iou_v_load(scale + i)), x),
                        IOU_BELOW(x, zero, iou_v_mul(x, iou_v_load_part(scale + i, lanes)), x))
    }
}

static void vector_add(const iou_value_rows *r, const float *b, size_t stride) {
    IOU_VECTOR_LOOP(iou_v_add(x, iou_v_load(b + row * stride + i)),
                    iou_v_add(x, iou_v_load_part(b + row * stride + i, lanes)))
}

static void vector_multiply(const iou_value_rows *r, const float *b, size_t stride) {
    IOU_VECTOR_LOOP(iou_v_mul(x, iou_v_load(b + row * stride + i)),
                    iou_v_mul(x, iou_v_load_part(b + row * stride + i, lanes)))
}

static void vector_clamp(const iou_value_rows *r, float lo, float hi) {
    const iou_v low = iou_v_set(lo), high = iou_v_set(hi);
    IOU_VECTOR_LOOP(iou_v_clamp(x, low, high), iou_v_clamp(x, low, high))
}

IOU_TARGET_END

static const iou_vector_function vector_functions[] = {
    {"Abs", vector_abs, vector_abs_rows},
    {"Elu", vector_elu, vector_elu_rows},
    {"Erf", vector_erf, vector_erf_rows},
    {"Exp", vector_exp, vector_exp_rows},
    {"Gelu", vector_gelu, vector_gelu_rows},
    {"HardSigmoid", vector_hard_sigmoid, vector_hard_sigmoid_rows},
    {"HardSwish", vector_hard_swish, vector_hard_swish_rows},
    {"LeakyRelu", vector_leaky_relu, vector_leaky_relu_rows},
    {"Mish", vector_mish, vector_mish_rows},
    {"Neg", vector_neg, vector_neg_rows},
    {"Reciprocal", vector_reciprocal, vector_reciprocal_rows},
    {"Relu", vector_relu, vector_relu_rows},
    {"Selu", vector_selu, vector_selu_rows},
    {"Sigmoid", vector_sigmoid, vector_sigmoid_rows},
    {"Softplus", vector_softplus, vector_softplus_rows},
    {"Softsign", vector_softsign, vector_softsign_rows},
    {"Sqrt", vector_sqrt, vector_sqrt_rows},
    {"Swish", vector_swish, vector_swish_rows},
    {"Tanh", vector_tanh, vector_tanh_rows},
    {"TanhGelu", vector_tanh_gelu, vector_tanh_gelu_rows},
    {"ThresholdedRelu", vector_thresholded_relu, vector_thresholded_relu_rows},
    {NULL, NULL, NULL},
};

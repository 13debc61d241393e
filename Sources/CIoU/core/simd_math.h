/* Functions over vectors; include one of the simd_*.h headers before. NaN stays NaN. Errors in
 * units in the last place (ULP) are the largest that tools/check/test_functions.py finds. */
#ifndef IOU_SIMD_MATH_H
#define IOU_SIMD_MATH_H

#ifndef IOU_SIMD_H
#error "include core/simd_avx2.h or a sibling first"
#endif

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/** As iou_clamp_f32: min(max(x, lo), hi); a NaN stays, a limit that is NaN limits nothing. */
IOU_INLINE iou_v iou_v_clamp(iou_v x, iou_v lo, iou_v hi) {
    return iou_v_min(hi, iou_v_max(lo, x)); /* which return their second operand for a NaN */
}

/** The polynomial c[0] + c[1] x + …, of `count` coefficients. */
IOU_INLINE iou_v iou_v_polynomial(iou_v x, const float *c, size_t count) {
    iou_v sum = iou_v_set(c[count - 1]);
    for (size_t i = count - 1; i > 0; i--) {
        sum = iou_v_fma(sum, x, iou_v_set(c[i - 1]));
    }
    return sum;
}

/** x = *n * ln 2 + the result, *n a whole number: ln 2 is subtracted in two parts. */
IOU_INLINE iou_v iou_v_reduce_exp(iou_v x, iou_v *n) {
    *n = iou_v_round(iou_v_mul(x, iou_v_set(1.44269504088896341F)));
    const iou_v r = iou_v_fma(*n, iou_v_set(-0.693359375F), x);
    return iou_v_fma(*n, iou_v_set(2.12194440e-4F), r);
}

#ifndef IOU_SIMD_SCALES
/** a * 2^n, rounded once, of integers n from -252 to 254. */
IOU_INLINE iou_v iou_v_scale(iou_v a, iou_v n) {
    const iou_v half = iou_v_round(iou_v_mul(n, iou_v_set(0.5F)));
    return iou_v_mul(iou_v_mul(a, iou_v_exp2_integer(half)),
                     iou_v_exp2_integer(iou_v_sub(n, half)));
}
#endif

/** e to the power of x, within 2 ULP; infinite from 89 on, and 0 below -104. */
IOU_INLINE iou_v iou_v_exp(iou_v x) {
    iou_v n;
    x = iou_v_max(iou_v_set(-104.0F), iou_v_min(iou_v_set(89.0F), x));
    const iou_v r = iou_v_reduce_exp(x, &n);
    iou_v p = iou_v_set(1.9875691500e-4F);
    p = iou_v_fma(p, r, iou_v_set(1.3981999507e-3F));
    p = iou_v_fma(p, r, iou_v_set(8.3334519073e-3F));
    p = iou_v_fma(p, r, iou_v_set(4.1665795894e-2F));
    p = iou_v_fma(p, r, iou_v_set(1.6666665459e-1F));
    p = iou_v_fma(p, r, iou_v_set(5.0000001201e-1F));
    p = iou_v_fma(p, iou_v_mul(r, r), iou_v_add(r, iou_v_set(1.0F)));
    return iou_v_scale(p, n);
}

/** e^x - 1 for x <= 0. */
IOU_INLINE iou_v iou_v_expm1(iou_v x) {
    static const float c[] = {5.0e-1F,        1.666666717e-1F, 4.166646674e-2F,
                              8.33328627e-3F, 1.393364975e-3F, 1.990757737e-4F};
    iou_v n;
    x = iou_v_max(iou_v_set(-30.0F), x);
    const iou_v r = iou_v_reduce_exp(x, &n);
    const iou_v p = iou_v_fma(iou_v_mul(r, r), iou_v_polynomial(r, c, 6), r);
    const iou_v power = iou_v_exp2_integer(n);
    return iou_v_fma(power, p, iou_v_sub(power, iou_v_set(1.0F)));
}

/** 1 + e^-x for x between -86.5 and 86.5, outside of it that of the nearest. The sign goes into the
 * coefficients. */
IOU_INLINE iou_v iou_v_one_plus_exp_minus(iou_v x) {
    x = iou_v_clamp(x, iou_v_set(-86.5F), iou_v_set(86.5F));
    static const float c[] = {
        1.0F,           -1.0F, 4.999999106e-1F, -1.666641980e-1F, 4.166822881e-2F, -8.374834433e-3F,
        1.383682247e-3F};
    const iou_v n = iou_v_round(iou_v_mul(x, iou_v_set(-1.44269504088896341F)));
    const iou_v r =
        iou_v_fma(n, iou_v_set(-2.12194440e-4F), iou_v_fma(n, iou_v_set(0.693359375F), x));
    return iou_v_add(iou_v_set(1.0F), iou_v_scale_normal(iou_v_polynomial(r, c, 7), n));
}

/** y, or 0 where x is below -86.5. */
IOU_INLINE iou_v iou_v_or_zero(iou_v y, iou_v x) {
    return iou_v_select(iou_v_less(x, iou_v_set(-86.5F)), iou_v_zero(), y);
}

/** x sigmoid(x); 0 below -86.5, where it is less than 3e-36. */
IOU_INLINE iou_v iou_v_silu(iou_v x) {
    return iou_v_or_zero(iou_v_div(x, iou_v_one_plus_exp_minus(x)), x);
}

/** x / (1 + e^-ax). */
IOU_INLINE iou_v iou_v_swish(iou_v x, iou_v a) {
    const iou_v power = iou_v_exp(iou_v_sub(iou_v_zero(), iou_v_mul(a, x)));
    return iou_v_div(x, iou_v_add(iou_v_set(1.0F), power));
}

/** 1 / (1 + e^-x); 0 below -86.5. */
IOU_INLINE iou_v iou_v_sigmoid(iou_v x) {
    return iou_v_or_zero(iou_v_div(iou_v_set(1.0F), iou_v_one_plus_exp_minus(x)), x);
}

/** `magnitude` with the sign of x. */
IOU_INLINE iou_v iou_v_with_sign(iou_v magnitude, iou_v x) {
    return iou_v_select(iou_v_less(x, iou_v_zero()), iou_v_sub(iou_v_zero(), magnitude), magnitude);
}

/** Hyperbolic tangent: an odd polynomial to 0.65, beyond it 1 - 2 / (e^2x + 1). */
IOU_INLINE iou_v iou_v_tanh(iou_v x) {
    static const float c[] = {-3.333332837e-1F, 1.333261877e-1F, -5.382791534e-2F, 2.088914439e-2F,
                              -5.942241754e-3F};
    const iou_v a = iou_v_abs(x), z = iou_v_mul(x, x), one = iou_v_set(1.0F);
    /* a product last: a sum would make +0 of -0 */
    const iou_v small = iou_v_mul(x, iou_v_fma(z, iou_v_polynomial(z, c, 5), one));
    const iou_v power = iou_v_add(iou_v_exp(iou_v_add(a, a)), one);
    const iou_v large = iou_v_sub(one, iou_v_div(iou_v_set(2.0F), power));
    return iou_v_select(iou_v_less(a, iou_v_set(0.65F)), small, iou_v_with_sign(large, x));
}

/** erf(x) for |x| <= 1, by an odd polynomial. */
IOU_INLINE iou_v iou_v_erf_near(iou_v x) {
    static const float c[] = {1.128379107F,    -3.761262596e-1F, 1.128358543e-1F, -2.685381100e-2F,
                              5.188327748e-3F, -8.010191959e-4F, 7.853856368e-5F};
    return iou_v_mul(x, iou_v_polynomial(iou_v_mul(x, x), c, 7));
}

/** 1 - erf(a) for 1 <= a <= 4, as e^-q(a) of a polynomial q. */
IOU_INLINE iou_v iou_v_erfc_far(iou_v a) {
    static const float c[] = {-1.880412019e-4F, 1.129578471F,    6.332198977e-1F,  1.084185839e-1F,
                              -2.520826086e-2F, 4.204563797e-3F, -4.413367133e-4F, 2.16868757e-5F};
    return iou_v_exp(iou_v_sub(iou_v_zero(), iou_v_polynomial(a, c, 8)));
}

/** The error function; 1 from 4 on. */
IOU_INLINE iou_v iou_v_erf(iou_v x) {
    const iou_v a = iou_v_abs(x), one = iou_v_set(1.0F);
    const iou_v far = iou_v_sub(one, iou_v_erfc_far(iou_v_min(iou_v_set(4.0F), a)));
    return iou_v_select(iou_v_less(a, one), iou_v_erf_near(x), iou_v_with_sign(far, x));
}

/** x times the normal distribution function, of whose tails nothing is left beyond 4 sqrt(2). */
IOU_INLINE iou_v iou_v_gelu(iou_v x) {
    const iou_v z = iou_v_mul(iou_v_abs(x), iou_v_set(0.70710678F)), half = iou_v_set(0.5F);
    const iou_v one = iou_v_set(1.0F), four = iou_v_set(4.0F);
    const iou_v near = iou_v_sub(one, iou_v_erf_near(z));
    const iou_v far = iou_v_erfc_far(iou_v_min(four, z));
    const iou_v tail = iou_v_mul(half, iou_v_select(iou_v_less(z, one), near, far));
    const iou_v share = iou_v_select(iou_v_less(x, iou_v_zero()), tail, iou_v_sub(one, tail));
    return iou_v_select(iou_v_less(z, four), iou_v_mul(x, share), iou_v_max(iou_v_zero(), x));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), the latter as 2 artanh(y / (2 + y)). */
IOU_INLINE iou_v iou_v_softplus(iou_v x) {
    static const float c[] = {2.0F, 6.666631699e-1F, 4.002490938e-1F, 2.796060443e-1F,
                              2.817832232e-1F};
    const iou_v y = iou_v_exp(iou_v_sub(iou_v_zero(), iou_v_abs(x)));
    const iou_v s = iou_v_div(y, iou_v_add(y, iou_v_set(2.0F)));
    const iou_v log = iou_v_mul(s, iou_v_polynomial(iou_v_mul(s, s), c, 5));
    return iou_v_add(iou_v_max(iou_v_zero(), x), log);
}

/** x tanh(softplus(x)) = x n / (n + 2) with n = e^x (e^x + 2). */
IOU_INLINE iou_v iou_v_mish(iou_v x) {
    const iou_v two = iou_v_set(2.0F), e = iou_v_exp(iou_v_min(iou_v_set(20.0F), x));
    const iou_v n = iou_v_mul(e, iou_v_add(e, two));
    return iou_v_mul(x, iou_v_div(n, iou_v_add(n, two)));
}

IOU_TARGET_END

#endif

/* Functions over vectors; include one of the simd_*.h headers before. */
#ifndef IOU_SIMD_MATH_H
#define IOU_SIMD_MATH_H

#ifndef IOU_SIMD_H
#error "include core/simd_avx2.h or a sibling first"
#endif

IOU_TARGET_BEGIN(IOU_SIMD_TARGET)

/** As iou_clamp_f32: min(max(x, lo), hi); a NaN stays, a limit that is NaN limits nothing. */
IOU_INLINE iou_v iou_v_clamp(iou_v x, iou_v lo, iou_v hi) {
    return iou_v_min(hi, iou_v_max(lo, x)); /* which answer their second operand for a NaN */
}

/** e to the power of x, within 2 units in the last place for |x| <= 87; clamped beyond. */
IOU_INLINE iou_v iou_v_exp(iou_v x) {
    x = iou_v_max(iou_v_set(-87.0F), iou_v_min(iou_v_set(87.0F), x));
    const iou_v n = iou_v_round(iou_v_mul(x, iou_v_set(1.44269504088896341F)));
    iou_v r = iou_v_fma(n, iou_v_set(-0.693359375F), x); /* ln 2 in two parts */
    r = iou_v_fma(n, iou_v_set(2.12194440e-4F), r);
    iou_v p = iou_v_set(1.9875691500e-4F);
    p = iou_v_fma(p, r, iou_v_set(1.3981999507e-3F));
    p = iou_v_fma(p, r, iou_v_set(8.3334519073e-3F));
    p = iou_v_fma(p, r, iou_v_set(4.1665795894e-2F));
    p = iou_v_fma(p, r, iou_v_set(1.6666665459e-1F));
    p = iou_v_fma(p, r, iou_v_set(5.0000001201e-1F));
    p = iou_v_fma(p, iou_v_mul(r, r), iou_v_add(r, iou_v_set(1.0F)));
    return iou_v_mul(p, iou_v_exp2_integer(n));
}

/** 1 / (1 + e^-x). */
IOU_INLINE iou_v iou_v_sigmoid(iou_v x) {
    const iou_v one = iou_v_set(1.0F);
    return iou_v_div(one, iou_v_add(one, iou_v_exp(iou_v_sub(iou_v_zero(), x))));
}

IOU_TARGET_END

#endif

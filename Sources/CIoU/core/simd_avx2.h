/*
 * Vectors of 8 floats. The simd_*.h headers declare the same names; a file includes one of them,
 * so that a kernel's body is written once.
 */
#ifndef IOU_SIMD_H
#define IOU_SIMD_H

#include "core/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IOU_LANES 8
#define IOU_SIMD_TARGET IOU_TARGET_AVX2

typedef __m256 iou_v;
typedef __m256i iou_v_lanes; /**< a mask: which lanes take part */
typedef __m256i iou_v_index; /**< a lane's number per lane */

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

IOU_INLINE iou_v iou_v_zero(void) {
    return _mm256_setzero_ps();
}
IOU_INLINE iou_v iou_v_set(float x) {
    return _mm256_set1_ps(x);
}
IOU_INLINE iou_v iou_v_broadcast(const float *p) {
    return _mm256_broadcast_ss(p);
}
IOU_INLINE iou_v iou_v_load(const float *p) {
    return _mm256_loadu_ps(p);
}
IOU_INLINE void iou_v_store(float *p, iou_v a) {
    _mm256_storeu_ps(p, a);
}

/** The first `count` lanes; none below zero, all from IOU_LANES on. */
IOU_INLINE iou_v_lanes iou_v_first(ptrdiff_t count) {
    const int n = count < 0 ? 0 : count > 8 ? 8 : (int)count;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/** Touches no memory outside the lanes; other lanes are zero. */
IOU_INLINE iou_v iou_v_load_part(const float *p, iou_v_lanes lanes) {
    return _mm256_maskload_ps(p, lanes);
}

IOU_INLINE void iou_v_store_part(float *p, iou_v_lanes lanes, iou_v a) {
    _mm256_maskstore_ps(p, lanes, a);
}

IOU_INLINE iou_v iou_v_add(iou_v a, iou_v b) {
    return _mm256_add_ps(a, b);
}
IOU_INLINE iou_v iou_v_sub(iou_v a, iou_v b) {
    return _mm256_sub_ps(a, b);
}
IOU_INLINE iou_v iou_v_mul(iou_v a, iou_v b) {
    return _mm256_mul_ps(a, b);
}
IOU_INLINE iou_v iou_v_div(iou_v a, iou_v b) {
    return _mm256_div_ps(a, b);
}
/** a * b + c, rounded once. */
IOU_INLINE iou_v iou_v_fma(iou_v a, iou_v b, iou_v c) {
    return _mm256_fmadd_ps(a, b, c);
}
/** The smaller (larger) one; `b` where either is not a number. */
IOU_INLINE iou_v iou_v_min(iou_v a, iou_v b) {
    return _mm256_min_ps(a, b);
}
IOU_INLINE iou_v iou_v_max(iou_v a, iou_v b) {
    return _mm256_max_ps(a, b);
}
/** Whether a >= b in any lane; not where either is not a number. */
IOU_INLINE bool iou_v_any_at_least(iou_v a, iou_v b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ)) != 0;
}
/** Lanes where a < b; not where either is not a number. */
IOU_INLINE iou_v_lanes iou_v_less(iou_v a, iou_v b) {
    return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
/** `a` in the lanes, `b` in the others. */
IOU_INLINE iou_v iou_v_select(iou_v_lanes lanes, iou_v a, iou_v b) {
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(lanes));
}
IOU_INLINE iou_v iou_v_abs(iou_v a) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
}
IOU_INLINE iou_v iou_v_sqrt(iou_v a) {
    return _mm256_sqrt_ps(a);
}
/** To the nearest integer, ties to even. */
IOU_INLINE iou_v iou_v_round(iou_v a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

IOU_INLINE iou_v_index iou_v_load_index(const int32_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
/** Lane i takes lane from[i] of a. */
IOU_INLINE iou_v iou_v_permute(iou_v a, iou_v_index from) {
    return _mm256_permutevar8x32_ps(a, from);
}
/** Every `width` (2 or 4) lanes rotated by `steps` < width: lane i takes lane i + steps of them. */
IOU_INLINE iou_v iou_v_rotate(iou_v a, int width, int steps) {
    if (width == 2) {
        return steps == 0 ? a : _mm256_permute_ps(a, 0xB1);
    }
    return steps == 0   ? a
           : steps == 1 ? _mm256_permute_ps(a, 0x39)
           : steps == 2 ? _mm256_permute_ps(a, 0x4E)
                        : _mm256_permute_ps(a, 0x93);
}

/** 2 to the power of integers from -126 to 127. */
IOU_INLINE iou_v iou_v_exp2_integer(iou_v a) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}

/** a * 2^n of integers n, where a and the result are neither denormal nor infinite. */
IOU_INLINE iou_v iou_v_scale_normal(iou_v a, iou_v n) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), exponent));
}

IOU_TARGET_END

#endif

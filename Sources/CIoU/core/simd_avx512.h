/* Vectors of 16 floats in one register; names and meanings as in simd_avx2.h. */
#ifdef IOU_EMULATE_AVX512 /* a build for tests on processors that lack AVX-512 */
#include "core/simd_emulated16.h"
#endif

#ifndef IOU_SIMD_H
#define IOU_SIMD_H

#include "core/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IOU_LANES 16
#define IOU_SIMD_TARGET IOU_TARGET_AVX512

typedef __m512 iou_v;
typedef __mmask16 iou_v_lanes;
typedef __m512i iou_v_index;

IOU_TARGET_BEGIN(IOU_TARGET_AVX512)

IOU_INLINE iou_v iou_v_zero(void) {
    return _mm512_setzero_ps();
}
IOU_INLINE iou_v iou_v_set(float x) {
    return _mm512_set1_ps(x);
}
IOU_INLINE iou_v iou_v_broadcast(const float *p) {
    return _mm512_set1_ps(*p);
}
IOU_INLINE iou_v iou_v_load(const float *p) {
    return _mm512_loadu_ps(p);
}
IOU_INLINE void iou_v_store(float *p, iou_v a) {
    _mm512_storeu_ps(p, a);
}

IOU_INLINE iou_v_lanes iou_v_first(ptrdiff_t count) {
    const unsigned n = count < 0 ? 0 : count > 16 ? 16 : (unsigned)count;
    return (iou_v_lanes)((1U << n) - 1U);
}

IOU_INLINE iou_v iou_v_load_part(const float *p, iou_v_lanes lanes) {
    return _mm512_maskz_loadu_ps(lanes, p);
}

IOU_INLINE void iou_v_store_part(float *p, iou_v_lanes lanes, iou_v a) {
    _mm512_mask_storeu_ps(p, lanes, a);
}

IOU_INLINE iou_v iou_v_add(iou_v a, iou_v b) {
    return _mm512_add_ps(a, b);
}
IOU_INLINE iou_v iou_v_sub(iou_v a, iou_v b) {
    return _mm512_sub_ps(a, b);
}
IOU_INLINE iou_v iou_v_mul(iou_v a, iou_v b) {
    return _mm512_mul_ps(a, b);
}
IOU_INLINE iou_v iou_v_div(iou_v a, iou_v b) {
    return _mm512_div_ps(a, b);
}
IOU_INLINE iou_v iou_v_fma(iou_v a, iou_v b, iou_v c) {
    return _mm512_fmadd_ps(a, b, c);
}
IOU_INLINE iou_v iou_v_min(iou_v a, iou_v b) {
    return _mm512_min_ps(a, b);
}
IOU_INLINE iou_v iou_v_max(iou_v a, iou_v b) {
    return _mm512_max_ps(a, b);
}
IOU_INLINE bool iou_v_any_at_least(iou_v a, iou_v b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ) != 0;
}
IOU_INLINE iou_v_lanes iou_v_less(iou_v a, iou_v b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
IOU_INLINE iou_v iou_v_select(iou_v_lanes lanes, iou_v a, iou_v b) {
    return _mm512_mask_blend_ps(lanes, b, a);
}
IOU_INLINE iou_v iou_v_abs(iou_v a) {
    return _mm512_andnot_ps(_mm512_set1_ps(-0.0F), a);
}
IOU_INLINE iou_v iou_v_sqrt(iou_v a) {
    return _mm512_sqrt_ps(a);
}
IOU_INLINE iou_v iou_v_round(iou_v a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

IOU_INLINE iou_v_index iou_v_load_index(const int32_t *p) {
    return _mm512_loadu_si512(p);
}
IOU_INLINE iou_v iou_v_permute(iou_v a, iou_v_index from) {
    return _mm512_permutexvar_ps(from, a);
}
IOU_INLINE iou_v iou_v_rotate(iou_v a, int width, int steps) {
    if (width == 2) {
        return steps == 0 ? a : _mm512_permute_ps(a, 0xB1);
    }
    return steps == 0   ? a
           : steps == 1 ? _mm512_permute_ps(a, 0x39)
           : steps == 2 ? _mm512_permute_ps(a, 0x4E)
                        : _mm512_permute_ps(a, 0x93);
}

IOU_INLINE iou_v iou_v_exp2_integer(iou_v a) {
    const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(biased, 23));
}

#define IOU_SIMD_SCALES /* any a, with one instruction */
IOU_INLINE iou_v iou_v_scale(iou_v a, iou_v n) {
    return _mm512_scalef_ps(a, n);
}
IOU_INLINE iou_v iou_v_scale_normal(iou_v a, iou_v n) {
    return _mm512_scalef_ps(a, n);
}

IOU_TARGET_END

#endif

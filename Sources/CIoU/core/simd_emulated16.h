/*
 * Vectors of 16 floats in two AVX2 registers; names and meanings as in simd_avx2.h. For tests: the
 * bodies of 16-lane kernels run on machines without AVX-512. Built with IOU_EMULATE_AVX512, the
 * whole library takes it for AVX-512.
 */
#ifndef IOU_SIMD_H
#define IOU_SIMD_H

#include "core/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IOU_LANES 16
#define IOU_SIMD_TARGET IOU_TARGET_AVX2

typedef struct iou_v {
    __m256 low, high;
} iou_v;

typedef struct iou_v_lanes {
    __m256i low, high;
} iou_v_lanes;

typedef struct iou_v_index {
    __m256i low, high;
} iou_v_index;

/* Applies an AVX2 intrinsic to both halves. */
#define IOU_HALVES_1(f, a)                                                                         \
    (iou_v) {                                                                                      \
        f((a).low), f((a).high)                                                                    \
    }
#define IOU_HALVES_2(f, a, b)                                                                      \
    (iou_v) {                                                                                      \
        f((a).low, (b).low), f((a).high, (b).high)                                                 \
    }

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

IOU_INLINE iou_v iou_v_zero(void) {
    return (iou_v){_mm256_setzero_ps(), _mm256_setzero_ps()};
}
IOU_INLINE iou_v iou_v_set(float x) {
    return (iou_v){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
IOU_INLINE iou_v iou_v_broadcast(const float *p) {
    return iou_v_set(*p);
}
IOU_INLINE iou_v iou_v_load(const float *p) {
    return (iou_v){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

IOU_INLINE void iou_v_store(float *p, iou_v a) {
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}

IOU_INLINE __m256i iou_v_first8(ptrdiff_t count) {
    const int n = count < 0 ? 0 : count > 8 ? 8 : (int)count;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

IOU_INLINE iou_v_lanes iou_v_first(ptrdiff_t count) {
    return (iou_v_lanes){iou_v_first8(count), iou_v_first8(count - 8)};
}

IOU_INLINE iou_v iou_v_load_part(const float *p, iou_v_lanes lanes) {
    return (iou_v){_mm256_maskload_ps(p, lanes.low), _mm256_maskload_ps(p + 8, lanes.high)};
}

IOU_INLINE void iou_v_store_part(float *p, iou_v_lanes lanes, iou_v a) {
    _mm256_maskstore_ps(p, lanes.low, a.low);
    _mm256_maskstore_ps(p + 8, lanes.high, a.high);
}

IOU_INLINE iou_v iou_v_add(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_add_ps, a, b);
}
IOU_INLINE iou_v iou_v_sub(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_sub_ps, a, b);
}
IOU_INLINE iou_v iou_v_mul(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_mul_ps, a, b);
}
IOU_INLINE iou_v iou_v_div(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_div_ps, a, b);
}
IOU_INLINE iou_v iou_v_fma(iou_v a, iou_v b, iou_v c) {
    return (iou_v){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

IOU_INLINE iou_v iou_v_min(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_min_ps, a, b);
}
IOU_INLINE iou_v iou_v_max(iou_v a, iou_v b) {
    return IOU_HALVES_2(_mm256_max_ps, a, b);
}

IOU_INLINE bool iou_v_any_at_least(iou_v a, iou_v b) {
    const __m256 low = _mm256_cmp_ps(a.low, b.low, _CMP_GE_OQ);
    const __m256 high = _mm256_cmp_ps(a.high, b.high, _CMP_GE_OQ);
    return _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0;
}

IOU_INLINE __m256i iou_v_less8(__m256 a, __m256 b) {
    return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
IOU_INLINE iou_v_lanes iou_v_less(iou_v a, iou_v b) {
    return (iou_v_lanes){iou_v_less8(a.low, b.low), iou_v_less8(a.high, b.high)};
}
IOU_INLINE iou_v iou_v_select(iou_v_lanes lanes, iou_v a, iou_v b) {
    return (iou_v){_mm256_blendv_ps(b.low, a.low, _mm256_castsi256_ps(lanes.low)),
                   _mm256_blendv_ps(b.high, a.high, _mm256_castsi256_ps(lanes.high))};
}
IOU_INLINE iou_v iou_v_abs(iou_v a) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return (iou_v){_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}
IOU_INLINE iou_v iou_v_sqrt(iou_v a) {
    return IOU_HALVES_1(_mm256_sqrt_ps, a);
}

IOU_INLINE __m256 iou_v_round8(__m256 a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

IOU_INLINE iou_v iou_v_round(iou_v a) {
    return IOU_HALVES_1(iou_v_round8, a);
}

IOU_INLINE iou_v_index iou_v_load_index(const int32_t *p) {
    return (iou_v_index){_mm256_loadu_si256((const __m256i *)(const void *)p),
                         _mm256_loadu_si256((const __m256i *)(const void *)(p + 8))};
}

IOU_INLINE __m256 iou_v_permute8(iou_v a, __m256i from) {
    const __m256i high = _mm256_cmpgt_epi32(from, _mm256_set1_epi32(7));
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(a.low, from),
                            _mm256_permutevar8x32_ps(a.high, from), _mm256_castsi256_ps(high));
}

IOU_INLINE iou_v iou_v_permute(iou_v a, iou_v_index from) {
    return (iou_v){iou_v_permute8(a, from.low), iou_v_permute8(a, from.high)};
}

IOU_INLINE __m256 iou_v_rotate8(__m256 a, int width, int steps) {
    if (width == 2) {
        return steps == 0 ? a : _mm256_permute_ps(a, 0xB1);
    }
    return steps == 0   ? a
           : steps == 1 ? _mm256_permute_ps(a, 0x39)
           : steps == 2 ? _mm256_permute_ps(a, 0x4E)
                        : _mm256_permute_ps(a, 0x93);
}

IOU_INLINE iou_v iou_v_rotate(iou_v a, int width, int steps) {
    return (iou_v){iou_v_rotate8(a.low, width, steps), iou_v_rotate8(a.high, width, steps)};
}

IOU_INLINE __m256 iou_v_exp2_integer8(__m256 a) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}

IOU_INLINE iou_v iou_v_exp2_integer(iou_v a) {
    return IOU_HALVES_1(iou_v_exp2_integer8, a);
}

IOU_INLINE __m256 iou_v_scale_normal8(__m256 a, __m256 n) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), exponent));
}

IOU_INLINE iou_v iou_v_scale_normal(iou_v a, iou_v n) {
    return IOU_HALVES_2(iou_v_scale_normal8, a, n);
}

IOU_TARGET_END

#endif

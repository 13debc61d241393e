/* vpdpbusd for tests on processors that lack it: groups of four uint8 by int8, added to int32. */
#ifndef IOU_EMULATED_DOT_H
#define IOU_EMULATED_DOT_H

#include "core/target.h"

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

/* Even bytes and odd ones as int16: pairs of products fit int32. */
IOU_INLINE __m256i iou_emulated_dot(__m256i sums, __m256i a, __m256i b) {
    const __m256i low = _mm256_set1_epi16(255);
    const __m256i even =
        _mm256_madd_epi16(_mm256_and_si256(a, low), _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(a, 8), _mm256_srai_epi16(b, 8));
    return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}

IOU_TARGET_END

#endif

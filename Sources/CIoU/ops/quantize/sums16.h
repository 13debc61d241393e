/* Vectors of 16 int32 for integer_tile.h; on processors without AVX-512, in two halves, for tests.
 */
#include "ops/quantize/integer_product.h"

#define SUMS_LANES 16

#ifndef IOU_EMULATE_AVX512

#include "ops/quantize/byte_vector_avx512.h"

#define SUMS_TARGET IOU_TARGET_AVX512
#define SUMS __m512i
#define SUMS_SET(x) _mm512_set1_epi32(x)
#define SUMS_LOAD(p) _mm512_loadu_si512(p)
#define SUMS_STORE(p, x) _mm512_storeu_si512(p, x)
#define SUMS_PLUS(a, b) _mm512_add_epi32(a, b)
#define SUMS_PAIRS(a, b) _mm512_madd_epi16(a, b)
#define SUMS_BYTES_TARGET IOU_TARGET_AVX512 ",avx512vnni"
#define SUMS_BYTES(sums, a, b) _mm512_dpbusd_epi32(sums, a, b)
#define SUMS_WORDS(sums, a, b) _mm512_dpwssd_epi32(sums, a, b)

#else

#include "ops/quantize/emulated_dot.h"

#define SUMS_TARGET IOU_TARGET_AVX2

typedef struct sums16 {
    __m256i low, high;
} sums16;

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

IOU_INLINE sums16 sums16_set(int32_t x) {
    return (sums16){_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
}
IOU_INLINE sums16 sums16_load(const void *p) {
    const __m256i *halves = (const __m256i *)p;
    return (sums16){_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}
IOU_INLINE void sums16_store(void *p, sums16 x) {
    _mm256_storeu_si256((__m256i *)p, x.low);
    _mm256_storeu_si256((__m256i *)p + 1, x.high);
}
IOU_INLINE sums16 sums16_plus(sums16 a, sums16 b) {
    return (sums16){_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
IOU_INLINE sums16 sums16_pairs(sums16 a, sums16 b) {
    return (sums16){_mm256_madd_epi16(a.low, b.low), _mm256_madd_epi16(a.high, b.high)};
}

IOU_INLINE sums16 sums16_bytes(sums16 sums, sums16 a, sums16 b) {
    return (sums16){iou_emulated_dot(sums.low, a.low, b.low),
                    iou_emulated_dot(sums.high, a.high, b.high)};
}

IOU_TARGET_END

#define SUMS sums16
#define SUMS_SET(x) sums16_set(x)
#define SUMS_LOAD(p) sums16_load(p)
#define SUMS_STORE(p, x) sums16_store(p, x)
#define SUMS_PLUS(a, b) sums16_plus(a, b)
#define SUMS_PAIRS(a, b) sums16_pairs(a, b)
#define SUMS_BYTES_TARGET IOU_TARGET_AVX2
#define SUMS_BYTES(sums, a, b) sums16_bytes(sums, a, b)
#define SUMS_WORDS(sums, a, b) sums16_plus(sums, sums16_pairs(a, b))

#endif

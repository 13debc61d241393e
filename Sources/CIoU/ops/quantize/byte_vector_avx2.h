/* Vectors of 8 int32 for depthwise_vectors.h. */
#define BYTE_VECTOR __m256i
#define BYTE_LANES 8
#define BYTES_u8(p) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define BYTES_i8(p) _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define BYTE_HALVES(low, high) _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xAA)
#define BYTE_PAIRS(a, b) _mm256_madd_epi16(a, b)
#define BYTE_PLUS(a, b) _mm256_add_epi32(a, b)
#define BYTE_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define BYTE_STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)

/* Vectors of 8 int32 and floats for byte_vectors.h and integer_tile.h. */
#define BYTE_VECTOR __m256i
#define BYTE_LANES 8
#define BYTES_u8(p) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define BYTES_i8(p) _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define BYTE_HALVES(low, high) _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xAA)
#define BYTE_PAIRS(a, b) _mm256_madd_epi16(a, b)
#define BYTE_PLUS(a, b) _mm256_add_epi32(a, b)
#define BYTE_MINUS(a, b) _mm256_sub_epi32(a, b)
#define BYTE_TIMES(a, b) _mm256_mullo_epi32(a, b)
#define BYTE_XOR(a, b) _mm256_xor_si256(a, b)
#define BYTE_SET(x) _mm256_set1_epi32(x)
#define BYTE_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define BYTE_STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define BYTE_NARROW(p, v)                                                                          \
    _mm_storel_epi64((__m128i *)(void *)(p),                                                       \
                     _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(                           \
                         _mm256_shuffle_epi8(v, _mm256_set1_epi32(0x0C080400)),                    \
                         _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4))))
#define BYTE_SET16(x) _mm256_set1_epi16(x)
#define BYTE_PLUS16(a, b) _mm256_adds_epi16(a, b)
#define BYTE_PACK16(a, b) _mm256_packs_epi32(a, b)
#define BYTE_PACK8(a, b) _mm256_packus_epi16(a, b)
#define BYTE_PACK8_SIGNED(a, b) _mm256_packs_epi16(a, b)
#define BYTE_IN_ORDER(v) _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
#define BYTE_STORE_HALVES(p, q, v)                                                                 \
    (_mm_storeu_si128((__m128i *)(void *)(p), _mm256_castsi256_si128(v)),                          \
     _mm_storeu_si128((__m128i *)(void *)(q), _mm256_extracti128_si256(v, 1)))
#define BYTE_PART(p)                                                                               \
    _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTE_SET8(x) _mm256_set1_epi8(x)
#define BYTE_PLUS8(a, b) _mm256_adds_epu8(a, b)
#define BYTE_OR(a, b) _mm256_or_si256(a, b)
#define BYTE_SHUFFLE(v, index) _mm256_shuffle_epi8(v, index)
#define REALS __m256
#define REALS_SET(x) _mm256_set1_ps(x)
#define REALS_LOAD(p) _mm256_loadu_ps(p)
#define REALS_OF(v) _mm256_cvtepi32_ps(v)
#define REALS_ROUNDED(x) _mm256_cvtps_epi32(x)
#define REALS_NUMBERS(x) _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q))
#define REALS_PLUS(a, b) _mm256_add_ps(a, b)
#define REALS_TIMES(a, b) _mm256_mul_ps(a, b)
#define REALS_OVER(a, b) _mm256_div_ps(a, b)
#define REALS_MAX(a, b) _mm256_max_ps(a, b)
#define REALS_MIN(a, b) _mm256_min_ps(a, b)

/* Vectors of 16 int32 and floats for byte_vectors.h and integer_tile.h. */
#define BYTE_VECTOR __m512i
#define BYTE_LANES 16
#define BYTES_u8(p) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTES_i8(p) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTE_HALVES(low, high) _mm512_mask_blend_epi16(0xAAAAAAAA, low, _mm512_slli_epi32(high, 16))
#define BYTE_PAIRS(a, b) _mm512_madd_epi16(a, b)
#define BYTE_PLUS(a, b) _mm512_add_epi32(a, b)
#define BYTE_MINUS(a, b) _mm512_sub_epi32(a, b)
#define BYTE_TIMES(a, b) _mm512_mullo_epi32(a, b)
#define BYTE_XOR(a, b) _mm512_xor_si512(a, b)
#define BYTE_SET(x) _mm512_set1_epi32(x)
#define BYTE_LOAD(p) _mm512_loadu_si512(p)
#define BYTE_STORE(p, v) _mm512_storeu_si512(p, v)
#define BYTE_NARROW(p, v) _mm_storeu_si128((__m128i *)(void *)(p), _mm512_cvtepi32_epi8(v))
#define BYTE_SET16(x) _mm512_set1_epi16(x)
#define BYTE_PLUS16(a, b) _mm512_adds_epi16(a, b)
#define BYTE_PACK16(a, b) _mm512_packs_epi32(a, b)
#define BYTE_PACK8(a, b) _mm512_packus_epi16(a, b)
#define BYTE_PACK8_SIGNED(a, b) _mm512_packs_epi16(a, b)
#define BYTE_IN_ORDER(v)                                                                           \
    _mm512_permutexvar_epi32(                                                                      \
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), v)
#define BYTE_STORE_HALVES(p, q, v)                                                                 \
    (_mm256_storeu_si256((__m256i *)(void *)(p), _mm512_castsi512_si256(v)),                       \
     _mm256_storeu_si256((__m256i *)(void *)(q), _mm512_extracti64x4_epi64(v, 1)))
#define BYTE_PART(p) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTE_SET8(x) _mm512_set1_epi8(x)
#define BYTE_PLUS8(a, b) _mm512_adds_epu8(a, b)
#define BYTE_OR(a, b) _mm512_or_si512(a, b)
#define BYTE_SHUFFLE(v, index) _mm512_shuffle_epi8(v, index)
#define REALS __m512
#define REALS_SET(x) _mm512_set1_ps(x)
#define REALS_LOAD(p) _mm512_loadu_ps(p)
#define REALS_OF(v) _mm512_cvtepi32_ps(v)
#define REALS_ROUNDED(x) _mm512_cvtps_epi32(x)
#define REALS_NUMBERS(x) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x)
#define REALS_PLUS(a, b) _mm512_add_ps(a, b)
#define REALS_TIMES(a, b) _mm512_mul_ps(a, b)
#define REALS_OVER(a, b) _mm512_div_ps(a, b)
#define REALS_MAX(a, b) _mm512_max_ps(a, b)
#define REALS_MIN(a, b) _mm512_min_ps(a, b)

/* Vectors of 8 int32 for integer_tile.h. */
#include "ops/quantize/byte_vector_avx2.h"
#include "ops/quantize/integer_product.h"

#define SUMS __m256i
#define SUMS_LANES 8
#define SUMS_SET(x) _mm256_set1_epi32(x)
#define SUMS_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define SUMS_STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), x)

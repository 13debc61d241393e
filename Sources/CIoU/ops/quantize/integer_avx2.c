#include "core/target.h"

#if IOU_X86

#define ROWS 4
#define SUMS __m256i
#define SUMS_LANES 8
#define SUMS_ZERO() _mm256_setzero_si256()
#define SUMS_SET(x) _mm256_set1_epi32(x)
#define SUMS_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define SUMS_STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), x)
#define SUMS_ADD(sums, a, b) _mm256_add_epi32(sums, _mm256_madd_epi16(a, b))

#include "ops/quantize/integer_product.h"

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)
#include "ops/quantize/integer_tile.h"
IOU_TARGET_END

const iou_integer_kernels iou_integer_avx2 = {IOU_ISA_AVX2, ROWS, COLUMNS, false, tile};

#else
typedef int iou_integer_avx2_is_empty;
#endif

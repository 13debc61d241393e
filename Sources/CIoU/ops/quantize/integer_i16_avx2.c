#include "core/target.h"

#include "ops/quantize/integer_product.h"

#if IOU_X86

enum { ROWS = 4, COLUMNS = 16, VECTORS = 2 };

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)

IOU_INLINE __m256i pair_at(const int16_t *left) {
    int32_t both;
    __builtin_memcpy(&both, left, sizeof both);
    return _mm256_set1_epi32(both);
}

IOU_INLINE void rows_of(const iou_integer_tile *t, int rows) {
    __m256i sums[ROWS][VECTORS];
    for (int r = 0; r < rows; r++) {
        sums[r][0] = sums[r][1] = _mm256_setzero_si256();
    }
    for (size_t k = 0; k < t->pairs; k++) {
        const __m256i *right = (const __m256i *)(const void *)(t->panel + k * 2 * COLUMNS);
        const __m256i a = _mm256_loadu_si256(right), b = _mm256_loadu_si256(right + 1);
        for (int r = 0; r < rows; r++) {
            const __m256i left = pair_at(t->left + ((size_t)r * t->pairs + k) * 2);
            sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(left, a));
            sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(left, b));
        }
    }
    for (int r = 0; r < rows; r++) {
        __m256i *out = (__m256i *)(void *)(t->sums + r * COLUMNS);
        _mm256_storeu_si256(out, sums[r][0]);
        _mm256_storeu_si256(out + 1, sums[r][1]);
    }
}

static void tile(const iou_integer_tile *t) {
    switch (t->rows) {
    case 1: rows_of(t, 1); break;
    case 2: rows_of(t, 2); break;
    case 3: rows_of(t, 3); break;
    default: rows_of(t, 4); break;
    }
}

IOU_TARGET_END

const iou_integer_kernels iou_integer_i16_avx2 = {IOU_ISA_AVX2, ROWS, COLUMNS, tile};

#else
typedef int iou_integer_i16_avx2_is_empty;
#endif

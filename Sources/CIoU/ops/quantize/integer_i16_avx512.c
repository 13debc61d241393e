#include "core/target.h"

#include "ops/quantize/integer_product.h"

#if IOU_X86

enum { ROWS = 8, COLUMNS = 32, VECTORS = 2 };

IOU_TARGET_BEGIN(IOU_TARGET_AVX512)

IOU_INLINE __m512i pair_at(const int16_t *left) {
    int32_t both;
    __builtin_memcpy(&both, left, sizeof both);
    return _mm512_set1_epi32(both);
}

IOU_INLINE void rows_of(const iou_integer_tile *t, int rows) {
    __m512i sums[ROWS][VECTORS];
    for (int r = 0; r < rows; r++) {
        sums[r][0] = sums[r][1] = _mm512_setzero_si512();
    }
    for (size_t k = 0; k < t->pairs; k++) {
        const int16_t *right = t->panel + k * 2 * COLUMNS;
        const __m512i a = _mm512_loadu_si512(right), b = _mm512_loadu_si512(right + COLUMNS);
        for (int r = 0; r < rows; r++) {
            const __m512i left = pair_at(t->left + ((size_t)r * t->pairs + k) * 2);
            sums[r][0] = _mm512_add_epi32(sums[r][0], _mm512_madd_epi16(left, a));
            sums[r][1] = _mm512_add_epi32(sums[r][1], _mm512_madd_epi16(left, b));
        }
    }
    for (int r = 0; r < rows; r++) {
        _mm512_storeu_si512(t->sums + r * COLUMNS, sums[r][0]);
        _mm512_storeu_si512(t->sums + r * COLUMNS + COLUMNS / 2, sums[r][1]);
    }
}

static void tile(const iou_integer_tile *t) {
    switch (t->rows) {
    case 1: rows_of(t, 1); break;
    case 2: rows_of(t, 2); break;
    case 3: rows_of(t, 3); break;
    case 4: rows_of(t, 4); break;
    case 5: rows_of(t, 5); break;
    case 6: rows_of(t, 6); break;
    case 7: rows_of(t, 7); break;
    default: rows_of(t, 8); break;
    }
}

IOU_TARGET_END

const iou_integer_kernels iou_integer_i16_avx512 = {IOU_ISA_AVX512, ROWS, COLUMNS, tile};

#else
typedef int iou_integer_i16_avx512_is_empty;
#endif

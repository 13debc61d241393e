#include "core/target.h"

#if IOU_X86

#define ROWS 6
#include "ops/quantize/sums8.h"
#define SUMS_ADD(sums, a, b) _mm256_add_epi32(sums, _mm256_madd_epi16(a, b))

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)
#include "ops/quantize/integer_tile.h"
IOU_TARGET_END

const iou_integer_kernels iou_integer_avx2 = {IOU_ISA_AVX2, ROWS,         COLUMNS,
                                              false,        STORES_BYTES, multiply};

#else
typedef int iou_integer_avx2_is_empty;
#endif

/* 6 rows of 16 columns, or 12 of 8: 12 accumulators; B and A take 3 more of 16 registers. */
#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#define IOU_ROWS 6
#include "ops/matmul/gemm_f32_tiles.h"

const iou_gemm_kernels iou_gemm_f32_6x16_avx2 = {
    .name = "6x16",
    .isa = IOU_ISA_AVX2,
    .rows = 6,
    .columns = 16,
    .narrow = 8,
    .slim_rows = 12,
    .wide = {IOU_ROWS_6(gemm_wide_)},
    .slim = {IOU_ROWS_12(gemm_slim_)},
};

#else
typedef int iou_gemm_f32_avx2_is_empty;
#endif

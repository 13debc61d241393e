/* 12 rows of 32 columns: 24 accumulators, 2 of B and 1 of A of the 32 registers. */
#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#define IOU_ROWS 12
#include "ops/matmul/gemm_f32_tiles.h"

const iou_gemm_kernels iou_gemm_f32_12x32_avx512 = {
    .name = "12x32",
    .isa = IOU_ISA_AVX512,
    .rows = 12,
    .columns = 32,
    .narrow = 16,
    .slim_rows = 12,
    .wide = {IOU_ROWS_12(gemm_wide_)},
    .slim = {IOU_ROWS_12(gemm_slim_)},
};

#else
typedef int iou_gemm_f32_avx512_is_empty;
#endif

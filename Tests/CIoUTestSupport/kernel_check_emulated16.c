/* The 16-lane kernels on AVX2: the same bodies as AVX-512's, in halves. */
#include "core/target.h"

#include "kernel_check_variants.h"

#if IOU_X86

#include "core/simd_emulated16.h"

#include <math.h>

#define IOU_ROWS 12
#include "detect/postprocess/class_max_kernel.h"
#include "ops/conv/depthwise_f32_kernel.h"
#include "ops/conv/depthwise_f32_line.h"
#include "ops/conv/grouped_f32_kernel.h"
#include "ops/conv/winograd_f32_kernel.h"
#include "ops/matmul/gemm_f32_tiles.h"
#include "ops/pool/pool_f32_kernel.h"

const iou_gemm_kernels iou_gemm_f32_12x32_emulated = {
    .name = "12x32 emulated",
    .isa = IOU_ISA_AVX2,
    .rows = 12,
    .columns = 32,
    .narrow = 16,
    .slim_rows = 12,
    .wide = {IOU_ROWS_12(gemm_wide_)},
    .slim = {IOU_ROWS_12(gemm_slim_)},
};

const iou_grouped_kernel iou_grouped_f32_emulated = {IOU_ISA_AVX2, IOU_LANES, grouped_run};

const iou_winograd_kernels iou_winograd_f32_emulated = {
    IOU_ISA_AVX2,
    {IOU_WINOGRAD_KERNEL(2), IOU_WINOGRAD_KERNEL(4), IOU_WINOGRAD_KERNEL(6)},
};

const iou_pool_kernels iou_pool_f32_emulated = {IOU_ISA_AVX2, pool_max, pool_average};

const iou_depthwise_kernels iou_depthwise_f32_emulated = {IOU_ISA_AVX2, depthwise_run,
                                                          depthwise_line};

const iou_class_max iou_class_max_emulated = {IOU_ISA_AVX2, class_max_rows, class_max_planes};

#endif

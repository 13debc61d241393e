#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/conv/winograd_f32_kernel.h"

const iou_winograd_kernels iou_winograd_f32_avx2 = {
    IOU_ISA_AVX2,
    {IOU_WINOGRAD_KERNEL(2), IOU_WINOGRAD_KERNEL(4), IOU_WINOGRAD_KERNEL(6)},
};

#else
typedef int iou_winograd_f32_avx2_is_empty;
#endif

#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/conv/depthwise_f32_kernel.h"
#include "ops/conv/depthwise_f32_line.h"

const iou_depthwise_kernels iou_depthwise_f32_avx2 = {IOU_ISA_AVX2, depthwise_run, depthwise_line};

#else
typedef int iou_depthwise_f32_avx2_is_empty;
#endif

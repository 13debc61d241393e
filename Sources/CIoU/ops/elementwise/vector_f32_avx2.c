#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/elementwise/vector_f32_kernel.h"

const iou_epilogue_kernels iou_epilogue_f32_avx2 = {
    .isa = IOU_ISA_AVX2,
    .functions = vector_functions,
    .scale = vector_scale,
    .slope = vector_slope,
    .add = vector_add,
    .multiply = vector_multiply,
    .clamp = vector_clamp,
};

#else
typedef int iou_epilogue_f32_avx2_is_empty;
#endif

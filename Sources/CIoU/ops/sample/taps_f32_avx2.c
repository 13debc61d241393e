#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/sample/taps_f32_kernel.h"

const iou_taps_kernels iou_taps_f32_avx2 = {IOU_ISA_AVX2, taps_add};

#else
typedef int iou_taps_f32_avx2_is_empty;
#endif

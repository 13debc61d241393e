#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/sample/taps_f32_kernel.h"

const iou_taps_kernels iou_taps_f32_avx512 = {IOU_ISA_AVX512, taps_add};

#else
typedef int iou_taps_f32_avx512_is_empty;
#endif

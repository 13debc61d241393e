#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/conv/grouped_f32_kernel.h"

const iou_grouped_kernel iou_grouped_f32_avx512 = {IOU_ISA_AVX512, IOU_LANES, grouped_run};

#else
typedef int iou_grouped_f32_avx512_is_empty;
#endif

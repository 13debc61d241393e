#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/conv/grouped_f32_kernel.h"

const iou_grouped_kernel iou_grouped_f32_avx2 = {IOU_ISA_AVX2, IOU_LANES, grouped_run};

#else
typedef int iou_grouped_f32_avx2_is_empty;
#endif

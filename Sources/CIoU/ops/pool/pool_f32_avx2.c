#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/pool/pool_f32_kernel.h"

const iou_pool_kernels iou_pool_f32_avx2 = {IOU_ISA_AVX2, pool_max, pool_average};

#else
typedef int iou_pool_f32_avx2_is_empty;
#endif

#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/pool/pool_f32_kernel.h"

const iou_pool_kernels iou_pool_f32_avx512 = {IOU_ISA_AVX512, pool_max, pool_average};

#else
typedef int iou_pool_f32_avx512_is_empty;
#endif

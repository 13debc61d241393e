#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/norm/softmax_f32_kernel.h"

const iou_softmax_kernels iou_softmax_f32_avx512 = {IOU_ISA_AVX512, softmax_row, softmax_columns};

#else
typedef int iou_softmax_f32_avx512_is_empty;
#endif

#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/conv/winograd_f32_kernel.h"

const iou_winograd_kernels iou_winograd_f32_avx512 = {
    IOU_ISA_AVX512,
    {{2, winograd_filter_2, winograd_input_2, winograd_output_2},
     {4, winograd_filter_4, winograd_input_4, winograd_output_4},
     {6, winograd_filter_6, winograd_input_6, winograd_output_6}},
};

#else
typedef int iou_winograd_f32_avx512_is_empty;
#endif

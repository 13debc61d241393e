#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "ops/conv/depthwise_f32_kernel.h"

void iou_depthwise_f32_avx512(const iou_depthwise_tile *tile) {
    depthwise_run(tile);
}

#else
typedef int iou_depthwise_f32_avx512_is_empty;
#endif

#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "ops/conv/depthwise_f32_kernel.h"

void iou_depthwise_f32_avx2(const iou_depthwise_tile *tile) {
    depthwise_run(tile);
}

#else
typedef int iou_depthwise_f32_avx2_is_empty;
#endif

/* Kernels that exist for tests alone. */
#ifndef IOU_KERNEL_CHECK_VARIANTS_H
#define IOU_KERNEL_CHECK_VARIANTS_H

#include "detect/postprocess/class_max.h"
#include "ops/conv/depthwise.h"
#include "ops/conv/grouped.h"
#include "ops/conv/winograd.h"
#include "ops/matmul/gemm.h"
#include "ops/pool/pool_kernel.h"

#if defined(__x86_64__)
extern const iou_gemm_kernels iou_gemm_f32_12x32_emulated;
extern const iou_grouped_kernel iou_grouped_f32_emulated;
extern const iou_winograd_kernels iou_winograd_f32_emulated;
extern const iou_pool_kernels iou_pool_f32_emulated;
extern const iou_depthwise_kernels iou_depthwise_f32_emulated;
extern const iou_class_max iou_class_max_emulated;
#endif

#endif

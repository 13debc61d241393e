#include "core/target.h"

#if IOU_X86

#include "ops/reduce/fold.h"

#include <math.h>

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)
#include "ops/reduce/fold_kernel.h"
IOU_TARGET_END

const iou_fold_kernels iou_fold_avx2 = FOLD_KERNELS(IOU_ISA_AVX2);

#else
typedef int iou_fold_avx2_is_empty;
#endif

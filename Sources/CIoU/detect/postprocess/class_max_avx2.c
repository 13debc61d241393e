#include "core/target.h"
#include "detect/postprocess/class_max.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include <math.h>

#include "detect/postprocess/class_max_kernel.h"

const iou_class_max iou_class_max_avx2 = {IOU_ISA_AVX2, class_max_rows, class_max_planes};

#else
typedef int iou_class_max_avx2_is_empty;
#endif

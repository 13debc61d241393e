#include "core/target.h"

#if IOU_X86

#define VECTOR 32

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)
#include "ops/quantize/integer_winograd_body.h"
IOU_TARGET_END

const iou_integer_winograd_kernels iou_integer_winograd_avx2 = {IOU_ISA_AVX2, filter, input,
                                                                output};

#else
typedef int iou_integer_winograd_avx2_is_empty;
#endif

#include "core/target.h"

#if IOU_X86

#ifdef IOU_EMULATE_AVX512
#define WINOGRAD_TARGET IOU_TARGET_AVX2
#else
#define WINOGRAD_TARGET IOU_TARGET_AVX512
#endif

#define VECTOR 64

IOU_TARGET_BEGIN(WINOGRAD_TARGET)
#include "ops/quantize/integer_winograd_body.h"
IOU_TARGET_END

const iou_integer_winograd_kernels iou_integer_winograd_avx512 = {IOU_ISA_AVX512, filter, input,
                                                                  output};

#else
typedef int iou_integer_winograd_avx512_is_empty;
#endif

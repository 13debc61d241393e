#include "core/target.h"

#if IOU_X86

#include "ops/quantize/byte_loops.h"
#include "ops/quantize/byte_vector_avx2.h"

IOU_TARGET_BEGIN(IOU_TARGET_AVX2)
#include "ops/quantize/byte_loops_body.h"
IOU_TARGET_END

const iou_byte_loops iou_byte_loops_avx2 = BYTE_LOOPS(IOU_ISA_AVX2);

#else
typedef int iou_byte_loops_avx2_is_empty;
#endif

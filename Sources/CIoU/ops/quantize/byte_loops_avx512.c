#include "core/target.h"

#if IOU_X86

#include "ops/quantize/byte_loops.h"

#ifdef IOU_EMULATE_AVX512
#define LOOPS_TARGET IOU_TARGET_AVX2
#else
#define LOOPS_TARGET IOU_TARGET_AVX512
#endif
IOU_TARGET_BEGIN(LOOPS_TARGET)
#include "ops/quantize/byte_loops_body.h"
IOU_TARGET_END

const iou_byte_loops iou_byte_loops_avx512 = BYTE_LOOPS(IOU_ISA_AVX512);

#else
typedef int iou_byte_loops_avx512_is_empty;
#endif

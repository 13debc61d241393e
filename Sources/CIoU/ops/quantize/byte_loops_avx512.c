#include "core/target.h"

#if IOU_X86

#include "ops/quantize/byte_loops.h"

#ifdef IOU_EMULATE_AVX512 /* a build for tests on processors that lack AVX-512 */

#define LOOPS_TARGET IOU_TARGET_AVX2
#include "ops/quantize/byte_vector_avx2.h"

#else

#define LOOPS_TARGET IOU_TARGET_AVX512
#include "ops/quantize/byte_vector_avx512.h"

#endif

IOU_TARGET_BEGIN(LOOPS_TARGET)
#include "ops/quantize/byte_loops_body.h"
IOU_TARGET_END

const iou_byte_loops iou_byte_loops_avx512 = BYTE_LOOPS(IOU_ISA_AVX512);

#else
typedef int iou_byte_loops_avx512_is_empty;
#endif

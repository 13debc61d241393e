#include "core/target.h"

#if IOU_X86

#include "ops/quantize/byte_loops.h"

#ifdef IOU_EMULATE_AVX512 /* a build for tests on processors that lack AVX-512 */

#define LOOPS_TARGET IOU_TARGET_AVX2
#include "ops/quantize/byte_vector_avx2.h"

#else

#define LOOPS_TARGET IOU_TARGET_AVX512
#define BYTE_VECTOR __m512i
#define BYTE_LANES 16
#define BYTES_u8(p) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTES_i8(p) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define BYTE_HALVES(low, high)                                                                     \
    _mm512_mask_blend_epi16(0xAAAAAAAA, low, _mm512_slli_epi32(high, 16))
#define BYTE_PAIRS(a, b) _mm512_madd_epi16(a, b)
#define BYTE_PLUS(a, b) _mm512_add_epi32(a, b)
#define BYTE_LOAD(p) _mm512_loadu_si512(p)
#define BYTE_STORE(p, v) _mm512_storeu_si512(p, v)

#endif

IOU_TARGET_BEGIN(LOOPS_TARGET)
#include "ops/quantize/byte_loops_body.h"
IOU_TARGET_END

const iou_byte_loops iou_byte_loops_avx512 = BYTE_LOOPS(IOU_ISA_AVX512);

#else
typedef int iou_byte_loops_avx512_is_empty;
#endif

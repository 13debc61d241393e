/* Tiles of four uint8 by int8 in vectors of AVX2, as processors with AVX-VNNI multiply them. */
#include "core/target.h"

#if IOU_X86

#define ROWS 6
#include "ops/quantize/sums8.h"

#if defined(IOU_EMULATE_AVX512) || defined(IOU_EMULATE_AVX_VNNI)
#include "ops/quantize/emulated_dot.h"
#define BYTES_TARGET IOU_TARGET_AVX2
#define SUMS_ADD(sums, a, b) iou_emulated_dot(sums, a, b)
#else
#define BYTES_TARGET IOU_TARGET_AVX2 ",avxvnni"
#define SUMS_ADD(sums, a, b) _mm256_dpbusd_avx_epi32(sums, a, b)
#endif

IOU_TARGET_BEGIN(BYTES_TARGET)
#include "ops/quantize/integer_tile.h"
IOU_TARGET_END

const iou_integer_kernels iou_integer_bytes_avx2 = {
    IOU_ISA_AVX2 | IOU_ISA_AVX_VNNI, ROWS, COLUMNS, true, STORES_BYTES, multiply};

#else
typedef int iou_integer_bytes_avx2_is_empty;
#endif

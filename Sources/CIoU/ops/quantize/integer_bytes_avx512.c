/* Tiles of four uint8 by int8, which one instruction multiplies and adds without saturation. */
#include "core/target.h"

#if IOU_X86

#define ROWS 8
#include "ops/quantize/sums16.h"
#define SUMS_ADD(sums, a, b) SUMS_BYTES(sums, a, b)

IOU_TARGET_BEGIN(SUMS_BYTES_TARGET)
#include "ops/quantize/integer_tile.h"
IOU_TARGET_END

const iou_integer_kernels iou_integer_bytes_avx512 = {
    IOU_ISA_AVX512 | IOU_ISA_VNNI, ROWS, COLUMNS, true, STORES_BYTES, multiply};

#else
typedef int iou_integer_bytes_avx512_is_empty;
#endif

/* Tiles of pairs of int16, which one instruction multiplies and adds. */
#include "core/target.h"

#if IOU_X86

#define ROWS 8
#include "ops/quantize/sums16.h"
#define SUMS_ADD(sums, a, b) SUMS_WORDS(sums, a, b)

IOU_TARGET_BEGIN(SUMS_BYTES_TARGET)
#include "ops/quantize/integer_tile.h"
IOU_TARGET_END

const iou_integer_kernels iou_integer_words_vnni = {
    IOU_ISA_AVX512 | IOU_ISA_VNNI, ROWS, COLUMNS, false, STORES_BYTES, multiply};

#else
typedef int iou_integer_words_vnni_is_empty;
#endif

#include "core/peak.h"
#include "core/target.h"

#if IOU_X86

#include "core/simd_avx512.h"

#include "core/peak_kernel.h"

const iou_peak_kernel iou_peak_avx512 = {IOU_ISA_AVX512, peak_run, 12 * 2 * IOU_LANES};

#else
typedef int iou_peak_avx512_is_empty;
#endif

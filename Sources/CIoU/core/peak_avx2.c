#include "core/peak.h"
#include "core/target.h"

#if IOU_X86

#include "core/simd_avx2.h"

#include "core/peak_kernel.h"

const iou_peak_kernel iou_peak_avx2 = {IOU_ISA_AVX2, peak_run, 12 * 2 * IOU_LANES};

#else
typedef int iou_peak_avx2_is_empty;
#endif

#include "ops/sample/taps.h"

const iou_taps_kernels *iou_taps_choose(iou_isa isa) {
#if defined(__x86_64__)
    static const void *const variants[] = {&iou_taps_f32_avx2, &iou_taps_f32_avx512};
    return IOU_ISA_SELECT(variants, isa);
#else
    (void)isa;
    return NULL;
#endif
}

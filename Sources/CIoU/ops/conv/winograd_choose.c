#include "ops/conv/winograd.h"

const iou_winograd_kernels *iou_winograd_choose(iou_isa isa) {
    static const iou_winograd_kernels *const all[] = {
#define IOU_WINOGRAD_VARIANT(symbol) &symbol,
#include "ops/conv/winograd_kernels.inc"
#undef IOU_WINOGRAD_VARIANT
        NULL,
    };
    const iou_winograd_kernels *best = NULL;
    for (size_t i = 0; all[i] != NULL; i++) {
        best = all[i]->isa <= isa ? all[i] : best;
    }
    return best;
}

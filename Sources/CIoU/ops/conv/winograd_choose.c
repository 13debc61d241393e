#include "ops/conv/winograd.h"

const iou_winograd_kernels *iou_winograd_choose(iou_isa isa) {
    /* No scalar one: its transforms would cost what they save. Arrays may not be empty. */
    static const iou_isa none = ~0U;
    static const void *const variants[] = {
        &none,
#define IOU_WINOGRAD_VARIANT(symbol) &symbol,
#include "ops/conv/winograd_kernels.inc"
#undef IOU_WINOGRAD_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

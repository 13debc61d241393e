/* The loops without vectors of their own; and the choice among them. */
#include "ops/quantize/byte_loops_body.h"

const iou_byte_loops iou_byte_loops_scalar = BYTE_LOOPS(IOU_ISA_SCALAR);

const iou_byte_loops *iou_byte_loops_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_BYTE_LOOPS_VARIANT(symbol) &symbol,
#include "ops/quantize/byte_loops.inc"
#undef IOU_BYTE_LOOPS_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

/* The transforms with what every processor has; and the choice among them. */
#include "core/target.h"

#define VECTOR 16
#include "ops/quantize/integer_winograd_body.h"

const iou_integer_winograd_kernels iou_integer_winograd_scalar = {IOU_ISA_SCALAR, filter, input,
                                                                  output};

const iou_integer_winograd_kernels *iou_integer_winograd_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_INTEGER_WINOGRAD_VARIANT(symbol) &symbol,
#include "ops/quantize/integer_winograd_kernels.inc"
#undef IOU_INTEGER_WINOGRAD_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

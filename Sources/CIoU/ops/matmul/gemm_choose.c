#include "ops/matmul/gemm.h"

const iou_gemm_kernels *iou_gemm_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_GEMM_VARIANT(symbol) &symbol,
#include "ops/matmul/gemm_kernels.inc"
#undef IOU_GEMM_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

const iou_gemm_kernel *iou_gemm_for_columns(const iou_gemm_kernels *kernels, size_t columns,
                                            size_t *rows) {
    const bool slim = columns <= kernels->narrow;
    *rows = slim ? kernels->slim_rows : kernels->rows;
    return slim ? kernels->slim : kernels->wide;
}

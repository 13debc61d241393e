#include "ops/matmul/gemm.h"

static const iou_gemm_kernels *const variants[] = {
#define IOU_GEMM_VARIANT(symbol) &symbol,
#include "ops/matmul/gemm_kernels.inc"
#undef IOU_GEMM_VARIANT
};

const iou_gemm_kernels *iou_gemm_choose(iou_isa isa) {
    const iou_gemm_kernels *best = variants[0];
    for (size_t i = 1; i < sizeof variants / sizeof variants[0]; i++) {
        if (variants[i]->isa <= isa) {
            best = variants[i];
        }
    }
    return best;
}

const iou_gemm_kernel *iou_gemm_for_columns(const iou_gemm_kernels *kernels, size_t columns,
                                            size_t *rows) {
    const bool slim = columns <= kernels->narrow;
    *rows = slim ? kernels->slim_rows : kernels->rows;
    return slim ? kernels->slim : kernels->wide;
}

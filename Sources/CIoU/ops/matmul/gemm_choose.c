#include "ops/matmul/gemm.h"

const iou_gemm_kernels *iou_gemm_choose(iou_isa isa) {
    static const void *const variants[] = {
#define IOU_GEMM_VARIANT(symbol) &symbol,
#include "ops/matmul/gemm_kernels.inc"
#undef IOU_GEMM_VARIANT
    };
    return IOU_ISA_SELECT(variants, isa);
}

extern const iou_gemm_kernels iou_gemm_f32_blas;

const iou_gemm_kernels *iou_gemm_blas(iou_isa isa) {
    return iou_isa_has(isa, IOU_ISA_BLAS) ? &iou_gemm_f32_blas : NULL;
}

const iou_gemm_kernels *iou_gemm_choose_product(iou_isa isa) {
    const iou_gemm_kernels *blas = iou_gemm_blas(isa);
    return blas != NULL ? blas : iou_gemm_choose(isa);
}

const iou_gemm_kernel *iou_gemm_for_columns(const iou_gemm_kernels *kernels, size_t columns,
                                            size_t *rows) {
    const bool slim = columns <= kernels->narrow;
    *rows = slim ? kernels->slim_rows : kernels->rows;
    return slim ? kernels->slim : kernels->wide;
}

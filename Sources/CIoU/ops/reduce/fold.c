/* The loops for every processor, and the choice of the fastest. */
#include "ops/reduce/fold.h"

#include "ops/reduce/fold_kernel.h"

const iou_fold_kernels iou_fold_scalar = FOLD_KERNELS(IOU_ISA_SCALAR);

const iou_fold_kernels *iou_fold_choose(iou_isa isa) {
    static const void *const variants[] = {
        &iou_fold_scalar,
#if defined(__x86_64__)
        &iou_fold_avx2,
        &iou_fold_avx512,
#endif
    };
    return IOU_ISA_SELECT(variants, isa);
}

iou_fold iou_fold_of(const iou_fold_kernels *kernels, iou_type type) {
    switch (type) {
    case IOU_FLOAT: return kernels->f32;
    case IOU_DOUBLE: return kernels->f64;
    case IOU_INT8: return kernels->i8;
    case IOU_INT32: return kernels->i32;
    case IOU_INT64: return kernels->i64;
    case IOU_UINT64: return kernels->u64;
    default: return kernels->u8;
    }
}

/*
 * Folds of elements into totals: one body, compiled for each instruction set. Floats are folded in
 * double precision and in the same order everywhere, so every instruction set gives the same bits.
 */
#ifndef IOU_FOLD_H
#define IOU_FOLD_H

#include "core/cpu.h"

typedef enum iou_reduction {
    IOU_FOLD_SUM,
    IOU_FOLD_PRODUCT,
    IOU_FOLD_MOST,
    IOU_FOLD_LEAST,
    IOU_FOLD_SQUARES,
    IOU_FOLD_MAGNITUDES,
    IOU_FOLD_EXPONENTIALS
} iou_reduction;

enum { IOU_FOLD_OUTPUTS = 256 }; /* the most at a time */

/** Of floating-point numbers, or of integers, which wrap. */
typedef union iou_fold_totals {
    double f[IOU_FOLD_OUTPUTS];
    int64_t i[IOU_FOLD_OUTPUTS];
    uint64_t u[IOU_FOLD_OUTPUTS];
} iou_fold_totals;

/** Element k of output j is in[j * output_stride + k * element_stride]. */
typedef struct iou_fold_job {
    iou_reduction how;
    const void *in;
    size_t outputs;
    int64_t output_stride;
    size_t elements;
    int64_t element_stride;
} iou_fold_job;

typedef void (*iou_fold)(const iou_fold_job *job, iou_fold_totals *to);

/** By element type; bool is uint8. */
typedef struct iou_fold_kernels {
    iou_isa isa;
    iou_fold f32, f64, i8, u8, i32, i64, u64;
} iou_fold_kernels;

extern const iou_fold_kernels iou_fold_scalar;
#if defined(__x86_64__)
extern const iou_fold_kernels iou_fold_avx2;
extern const iou_fold_kernels iou_fold_avx512;
#endif

/** The best loops for a CPU of this level. */
const iou_fold_kernels *iou_fold_choose(iou_isa isa);
iou_fold iou_fold_of(const iou_fold_kernels *kernels, iou_type type);

#endif

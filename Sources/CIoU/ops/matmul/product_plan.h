/* A prepared product, for the files product_*.c and matrix_product.c. */
#ifndef IOU_PRODUCT_PLAN_H
#define IOU_PRODUCT_PLAN_H

#include "ops/epilogue.h"
#include "ops/matmul/gemm.h"
#include "ops/matmul/matrix_product.h"

enum { IOU_PRODUCT_A = 0, IOU_PRODUCT_B = 1, IOU_PRODUCT_D = 2 }; /**< inputs */

enum { IOU_PRODUCT_WORK = 1 << 20 }; /**< multiply-adds of a task */

typedef struct iou_product_plan {
    iou_product product;
    size_t row_step, panel_step; /* of one task; plain loops take all columns */
    size_t row_tasks, panel_tasks;
    size_t block; /* rows of a task that run through all its panels at once */
    const iou_gemm_kernels *kernels;
    iou_caches caches;
    const float *packed; /* all matrices of a constant B, or NULL: a task packs its panels */
    size_t packed_size;  /* floats of one */
    size_t panel_size;   /* floats */
    iou_tail tail;
    int inputs; /* of the call */
} iou_product_plan;

/** What one task computes. */
typedef struct iou_product_part {
    size_t batch, row, rows, panel, panels;
    int64_t offsets[IOU_ITERATOR_OPERANDS];
} iou_product_part;

iou_product_part iou_product_find_part(const iou_product_plan *plan, size_t task);

/** B from column `first` on. */
iou_gemm_right iou_product_right(const iou_product *product, const void *b, size_t first);

/** Fills the step of a product of floats, or of another type. */
iou_status iou_product_prepare_f32(const iou_prepare *prepare, iou_product_plan *plan);
void iou_product_prepare_plain(const iou_prepare *prepare, iou_product_plan *plan);

/** The task of the first. */
iou_status iou_product_run_f32(const iou_call *call, size_t task);

#endif

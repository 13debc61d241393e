/* Steps that multiply matrices: MatMul and Gemm. */
#ifndef IOU_MATRIX_PRODUCT_H
#define IOU_MATRIX_PRODUCT_H

#include "ops/strided_iterator.h"

/** Types that have products: float32 through the micro-kernels, others in plain loops. */
extern const iou_type iou_product_types[];

/**
 * C = alpha A B + beta D for a batch of matrices. A is [rows, depth], or [depth, rows] where it is
 * transposed; B likewise. D (input 2) has strides of its own, 0 where it broadcasts.
 */
typedef struct iou_product {
    iou_type type;
    size_t rows, depth, columns;
    iou_iterator
        batch; /**< over the matrices of C; operands 0 and 1: where those of A and B begin */
    bool transposed_a, transposed_b;
    float alpha, beta;
    bool adds; /**< D is there */
    size_t add_row, add_column;
} iou_product;

/** Prepares the step; `batch` must be finished. */
iou_status iou_prepare_product(const iou_prepare *prepare, const iou_product *product);

/* ---- A step's product, some rows at a time: for steps that take it into themselves
 * --------------- */

/** What a prepared step multiplies. */
typedef struct iou_product_size {
    size_t batch, rows, depth, columns;
    size_t unit;   /**< rows of the kernel */
    size_t packed; /**< floats of a right matrix that a task packs */
    int inputs;    /**< of the step's call */
    bool transposed_a;
} iou_product_size;

/** Whether a step is such a product: of floats, without an addend. */
bool iou_product_has_rows(const iou_step *step, iou_product_size *size);

/** Floats that iou_product_take takes, for blocks of at most `rows` rows. */
size_t iou_product_scratch(const iou_step *step, size_t rows);

/** One matrix product of a batch, its right matrix packed. */
typedef struct iou_product_rows {
    const struct iou_product_plan *plan;
    const void *const *in; /**< of the step's call */
    size_t batch;
    int64_t a; /**< where the left matrix begins */
    const float *packed;
    float *copied; /**< of a transposed left matrix */
} iou_product_rows;

/** Packs the right matrix of product `batch`, for blocks of at most `most_rows`; `*scratch` moves
 * on. */
iou_product_rows iou_product_take(const iou_step *step, const void *const *in, size_t batch,
                                  size_t most_rows, float **scratch);

/** Computes rows row … row+rows-1, and their epilogue, to dense rows at `c`. `a`: these rows of the
 * left matrix, where they are not the step's input; or NULL. */
void iou_product_run_rows(const iou_product_rows *product, const float *a, size_t row, size_t rows,
                          float *c);

/** iou_op.absorbs of both. */
bool iou_product_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption);

#endif

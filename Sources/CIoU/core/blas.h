/* Products of matrices by OpenBLAS, where the library is built with it (BLAS=1). */
#ifndef IOU_BLAS_H
#define IOU_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/** Rows of A [rows, depth], B [depth, columns] and C [rows, columns] begin `stride` floats apart.
 */
typedef struct iou_blas_product {
    size_t rows, columns, depth;
    const float *a;
    size_t a_stride;
    const float *b;
    size_t b_stride;
    float *c;
    size_t c_stride;
} iou_blas_product;

/** "OpenBLAS", or "none". Lives for ever. */
const char *iou_blas_name(void);

/** Whether there is one. */
bool iou_blas_is_there(void);

/** C = A B on the calling thread. Not without a BLAS. */
void iou_blas_multiply(const iou_blas_product *product);

/** What OpenBLAS takes the processor for, and what it is. */
typedef struct iou_blas_core {
    const char *found, *expected; /**< values of OPENBLAS_CORETYPE */
    bool lacks_instructions; /**< the processor, of those that `found` has: they must not run */
    bool too_narrow;         /**< `found` leaves some of the processor's vectors unused */
} iou_blas_core;

iou_blas_core iou_blas_find_core(void);

#endif

/* Transposes of matrices in memory. */
#ifndef IOU_MATRIX_TRANSPOSE_H
#define IOU_MATRIX_TRANSPOSE_H

#include <stddef.h>

/** A matrix to be transposed: element (r, c) of `from` becomes element (c, r) of `to`. */
typedef struct iou_transposition {
    void *to;
    const void *from;
    size_t to_stride, from_stride; /**< from one row to the next, in elements */
    size_t rows, columns;          /**< of `from` */
} iou_transposition;

/** Transposes elements of `size` bytes: 1, 2, 4 or 8. */
void iou_transpose(const iou_transposition *t, size_t size);

#endif

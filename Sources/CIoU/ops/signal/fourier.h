/* The discrete Fourier transform of a line of complex numbers, in double precision. */
#ifndef IOU_FOURIER_H
#define IOU_FOURIER_H

#include "ops/op.h"

typedef struct iou_complex {
    double real, imaginary;
} iou_complex;

typedef struct iou_fourier {
    size_t length;            /**< at least 1 */
    bool inverse;             /**< the sum is divided by the length */
    const iou_complex *roots; /**< exp(∓2πi k / length) */
} iou_fourier;

/** Fills `fourier` with tables of the plan. */
iou_status iou_fourier_prepare(const iou_prepare *prepare, size_t length, bool inverse,
                               iou_fourier *fourier);

/** Bytes of scratch memory; SIZE_MAX where they are too many. */
size_t iou_fourier_scratch(const iou_fourier *fourier);

/** The line to be transformed, `length` numbers at the beginning of the scratch memory. */
static inline iou_complex *iou_fourier_line(void *scratch) {
    return scratch;
}

/** Transforms that line; the result lies in the scratch memory too. */
const iou_complex *iou_fourier_run(const iou_fourier *fourier, void *scratch);

#endif

#include "ops/signal/fourier.h"

#include "core/sizes.h"

#include <math.h>

enum { MOST_FACTOR = 8192 }; /* of a length: as many terms has each sum */

static size_t least_factor(size_t n) {
    for (size_t p = 2; p <= n / p; p++) {
        if (n % p == 0) {
            return p;
        }
    }
    return n;
}

static size_t largest_factor(size_t n) {
    size_t largest = 1;
    while (n > 1) {
        const size_t p = least_factor(n);
        largest = iou_size_max(largest, p);
        n /= p;
    }
    return largest;
}

iou_status iou_fourier_prepare(const iou_prepare *prepare, size_t length, bool inverse,
                               iou_fourier *fourier) {
    static const double turn = 6.283185307179586477;
    const size_t size = iou_size_times(length, sizeof(iou_complex));
    iou_complex *roots = size == SIZE_MAX ? NULL : iou_prepare_alloc(prepare, size);
    const size_t factor = roots == NULL ? 1 : largest_factor(length);
    if (factor > MOST_FACTOR) {
        return iou_prepare_fail(
            prepare, IOU_LIMIT,
            "a line of %zu numbers: expected prime factors of at most %d, found "
            "%zu",
            length, MOST_FACTOR, factor);
    }
    if (roots == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory for a line of %zu numbers",
                                length);
    }
    for (size_t k = 0; k < length; k++) {
        const double angle = (inverse ? turn : -turn) * (double)k / (double)length;
        roots[k] = (iou_complex){cos(angle), sin(angle)};
    }
    *fourier = (iou_fourier){length, inverse, roots};
    return IOU_OK;
}

size_t iou_fourier_scratch(const iou_fourier *fourier) {
    return iou_size_times(fourier->length, 3 * sizeof(iou_complex)); /* line, result, one sum */
}

static iou_complex product(iou_complex a, iou_complex b) {
    return (iou_complex){a.real * b.real - a.imaginary * b.imaginary,
                         a.real * b.imaginary + a.imaginary * b.real};
}

/*
 * Cooley and Tukey's way: the transforms of every p-th number, p the least factor, are put together
 * by sums of p terms. `step` counts both the places from one number to the next and the roots.
 */
static void transform(const iou_fourier *f, const iou_complex *in, size_t n, size_t step,
                      iou_complex *out, iou_complex *terms) {
    if (n == 1) {
        out[0] = in[0];
        return;
    }
    const size_t p = least_factor(n), part = n / p;
    for (size_t q = 0; q < p; q++) {
        transform(f, in + q * step, part, step * p, out + q * part, terms);
    }
    for (size_t k = 0; k < part; k++) {
        for (size_t q = 0; q < p; q++) {
            terms[q] = product(out[q * part + k], f->roots[q * k * step]);
        }
        for (size_t r = 0; r < p; r++) {
            iou_complex sum = {0.0, 0.0};
            for (size_t q = 0; q < p; q++) {
                const iou_complex term = product(terms[q], f->roots[q * r % p * part * step]);
                sum.real += term.real;
                sum.imaginary += term.imaginary;
            }
            out[r * part + k] = sum;
        }
    }
}

const iou_complex *iou_fourier_run(const iou_fourier *fourier, void *scratch) {
    const size_t n = fourier->length;
    iou_complex *line = iou_fourier_line(scratch), *out = line + n;
    transform(fourier, line, n, 1, out, out + n);
    for (size_t k = 0; k < n && fourier->inverse; k++) {
        out[k].real /= (double)n;
        out[k].imaginary /= (double)n;
    }
    return out;
}

/* Arithmetic on sizes. */
#ifndef IOU_SIZES_H
#define IOU_SIZES_H

#include <stddef.h>
#include <stdint.h>

static inline size_t iou_size_min(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t iou_size_max(size_t a, size_t b) {
    return a > b ? a : b;
}

/** Difference; 0 where b is larger. */
static inline size_t iou_size_less(size_t a, size_t b) {
    return a > b ? a - b : 0;
}

/** Quotient, rounded up; `b` is at least 1. */
static inline size_t iou_divide_up(size_t a, size_t b) {
    return a / b + (a % b != 0);
}

/** Product; SIZE_MAX where it is larger. */
static inline size_t iou_size_times(size_t a, size_t b) {
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

#endif

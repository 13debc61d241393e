/* Means and variances of rows, added up in double in lanes: precise, and the same on every CPU. */
#ifndef IOU_MOMENTS_H
#define IOU_MOMENTS_H

#include "core/contraction.h"
#include "iou/iou.h"

/** The sum of n neighbours of type float32 or float64. */
double iou_sum(iou_type type, const void *x, size_t n);
/** The sum of (x - mean)^2. */
double iou_sum_squares(iou_type type, const void *x, size_t n, double mean);

#endif

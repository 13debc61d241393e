/* Floating-point formats of 4, 8 and 16 bits. They are for storage: double holds each of their
 * numbers, and computes. */
#ifndef IOU_SMALL_FLOAT_H
#define IOU_SMALL_FLOAT_H

#include "iou/iou.h"

/** Whether `type` is such a format. */
bool iou_is_small_float(iou_type type);
/** Whether it is one of 16 bits. */
bool iou_is_half_float(iou_type type);

typedef enum iou_scale_rounding {
    IOU_SCALE_UP,
    IOU_SCALE_DOWN,
    IOU_SCALE_NEAREST
} iou_scale_rounding;

/** How numbers are stored that the format does not hold. */
typedef struct iou_rounding {
    bool saturate;            /**< in 8 bits, what is too large becomes the largest number */
    iou_scale_rounding scale; /**< to float8_e8m0fnu; to others the nearest, ties to even */
} iou_rounding;

/** The number that `bits` stand for. */
double iou_small_float_decode(iou_type type, unsigned bits);
unsigned iou_small_float_encode(iou_type type, double x, iou_rounding rounding);

#endif

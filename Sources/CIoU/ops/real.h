/* Elements of the floating-point types, one at a time, as double: for operators whose time does not
 * matter. */
#ifndef IOU_REAL_H
#define IOU_REAL_H

#include "core/small_float.h"
#include "ops/op.h"

/** float32, float64, float16, bfloat16; 0-terminated. */
extern const iou_type iou_types_real[];

static inline double iou_real_load(iou_type type, const void *data, size_t index) {
    switch (type) {
    case IOU_FLOAT: return (double)((const float *)data)[index];
    case IOU_DOUBLE: return ((const double *)data)[index];
    default: return iou_small_float_decode(type, ((const uint16_t *)data)[index]);
    }
}

static inline void iou_real_store(iou_type type, void *data, size_t index, double value) {
    switch (type) {
    case IOU_FLOAT: ((float *)data)[index] = (float)value; break;
    case IOU_DOUBLE: ((double *)data)[index] = value; break;
    default:
        ((uint16_t *)data)[index] =
            (uint16_t)iou_small_float_encode(type, value, (iou_rounding){0});
        break;
    }
}

#endif

/* Loops over one operand, one for each function and element type. */
#ifndef IOU_UNARY_KERNELS_H
#define IOU_UNARY_KERNELS_H

#include "iou/iou.h"

enum { IOU_UNARY_TYPES = IOU_UINT64 + 1 };

typedef struct iou_unary_params iou_unary_params;

typedef void (*iou_unary_fn)(const void *in, void *out, size_t n, const iou_unary_params *params);

struct iou_unary_params {
    float alpha, beta; /**< what they are called in the operator's definition: see iou_unary_op */
};

typedef struct iou_unary_op {
    const char *name;
    float alpha, beta; /**< attributes where absent */
    iou_type out;      /**< undefined: as the input */
    iou_unary_fn apply[IOU_UNARY_TYPES];
    const char *alpha_name, *beta_name; /**< of the attributes; NULL: alpha, beta */
} iou_unary_op;

/** The row called `name` ("Gelu" and "TanhGelu" are two), or NULL. */
const iou_unary_op *iou_unary_find(const char *name);

#endif

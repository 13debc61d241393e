/* Resize: what every output position of one axis reads, whatever the mode. */
#ifndef IOU_RESIZE_AXIS_H
#define IOU_RESIZE_AXIS_H

#include "core/contraction.h"
#include "iou/iou.h"

typedef enum iou_resize_mode {
    IOU_RESIZE_NEAREST,
    IOU_RESIZE_LINEAR,
    IOU_RESIZE_CUBIC
} iou_resize_mode;

typedef enum iou_coordinates {
    IOU_HALF_PIXEL,
    IOU_HALF_PIXEL_SYMMETRIC,
    IOU_PYTORCH_HALF_PIXEL,
    IOU_ALIGN_CORNERS,
    IOU_ASYMMETRIC,
    IOU_TF_CROP,
    IOU_TF_HALF_PIXEL_FOR_NN /**< opset 11 and 12: half_pixel without the half behind */
} iou_coordinates;

typedef enum iou_nearest {
    IOU_ROUND_PREFER_FLOOR,
    IOU_ROUND_PREFER_CEIL,
    IOU_NEAREST_FLOOR,
    IOU_NEAREST_CEIL,
    IOU_NEAREST_SIMPLE /**< opset 10: ceil when shrinking, else floor */
} iou_nearest;

typedef struct iou_resize_rule {
    iou_resize_mode mode;
    iou_coordinates coordinates;
    iou_nearest nearest;
    double cubic;
    bool antialias, exclude_outside;
} iou_resize_rule;

/** One axis: output position o reads `taps` elements from index[o * taps], with their weights. */
typedef struct iou_resize_axis {
    int64_t in, out;
    double scale, roi_start, roi_end;
    int taps;
    int32_t *index; /**< element of the input, always within it; -1: the extrapolation value */
    float *weight;
} iou_resize_axis;

/** How many taps the axis needs under `rule`. */
int iou_resize_taps(const iou_resize_rule *rule, const iou_resize_axis *axis);
/** Fills index and weight, which have room for out * taps. */
void iou_resize_fill(const iou_resize_rule *rule, iou_resize_axis *axis);

#endif

/* Resize and Upsample: what the node requests, in numbers. */
#ifndef IOU_RESIZE_REQUEST_H
#define IOU_RESIZE_REQUEST_H

#include "ops/facts.h"
#include "ops/resize/resize_axis.h"

enum { IOU_RESIZE_LARGEST = 1 << 30 }; /* of an output dimension */

typedef enum iou_resize_aspect {
    IOU_ASPECT_STRETCH,
    IOU_ASPECT_NOT_LARGER,
    IOU_ASPECT_NOT_SMALLER
} iou_resize_aspect;

/** Everything that decides the output and how it is computed. */
typedef struct iou_resize_request {
    iou_resize_rule rule;
    iou_resize_aspect policy;
    float extrapolation;
    int rank, axis_count;
    int axes[IOU_MAX_RANK];
    iou_resize_axis axis[IOU_MAX_RANK]; /**< by ONNX dimension */
    iou_floats scales, roi;
    bool sized; /**< `sizes` instead of scales */
} iou_resize_request;

/** The attributes of Resize and Upsample. */
typedef struct iou_resize_attributes {
    iou_resize_rule rule;
    iou_resize_aspect policy;
    float extrapolation;
    iou_ints axes;         /**< opset 18 */
    bool has_policy;       /**< the attribute is there */
    bool scales_attribute; /**< Upsample before opset 9 has its scales here */
    iou_floats scales;
    int scales_input; /**< where scales are among the inputs */
} iou_resize_attributes;

iou_status iou_resize_parse(const iou_parse *parse);

/** What the attributes say, for an input of `rank`; false: the axes do not fit it. */
bool iou_resize_begin(iou_resize_request *request, const iou_resize_attributes *attributes,
                      int rank);

/** Fills request->axis from numbers; NULL, or what is wrong. */
const char *iou_resize_fill_sizes(iou_resize_request *request, const int64_t *dims,
                                  const iou_ints *sizes);

#endif

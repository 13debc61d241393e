/* Resize and Upsample: what the node asks for, in numbers. */
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

/** NULL, or the name of the attribute whose value `text` is not known. */
const char *iou_resize_read_rule(iou_resize_request *request, const iou_node *node, char *text,
                                 size_t capacity);

/** The axes that scales, sizes and roi speak of: all, or the attribute `axes` (opset 18). */
bool iou_resize_read_axes(iou_resize_request *request, const iou_node *node, int rank);

/** Where scales and sizes stand among the inputs. */
int iou_resize_scales_input(const iou_node *node);

/** The scales of an Upsample before opset 9. */
void iou_resize_scales_from_attribute(iou_floats *scales, const iou_node *node);

/** Fills request->axis from numbers; NULL, or what is wrong. */
const char *iou_resize_fill_sizes(iou_resize_request *request, const int64_t *dims,
                                  const iou_ints *sizes);

#endif

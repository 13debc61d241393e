/* From the network's outputs to the maps or rows that detections are made of. */
#ifndef IOU_NETWORK_OUTPUTS_H
#define IOU_NETWORK_OUTPUTS_H

#include "detect/postprocess/heads.h"

enum {
    IOU_MAP_KINDS = 4, /**< class, box, IoU, objectness */
    IOU_NETWORK_OUTPUTS = IOU_MAP_KINDS * IOU_MAX_LEVELS
};
_Static_assert((int)IOU_ROW_OUTPUTS <= (int)IOU_NETWORK_OUTPUTS, "there is room for rows");

/** Requests rows, or the class, box, IoU and objectness maps, those that there are; returns their
 * number. */
size_t iou_network_outputs_name(iou_tensor outputs[IOU_NETWORK_OUTPUTS],
                                const iou_detector_params *params);

/**
 * Checks the outputs, in the order of their names, and finds the maps or rows in them. `heads` has
 * batch and sides of the network's input, and shows the outputs' memory then; `scratch` has what
 * rows are joined in.
 */
iou_status iou_network_outputs_take(iou_heads *heads, const iou_tensor *outputs,
                                    const iou_detector_params *params, iou_row_scratch *scratch,
                                    iou_error *error);

#endif

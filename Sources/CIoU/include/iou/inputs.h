/* For tools, not for embedders: what a detector gives its network. libiou.so keeps it inside. */
#ifndef IOU_INPUTS_H
#define IOU_INPUTS_H

#include "iou/iou.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { IOU_NETWORK_INPUTS = 3 /**< pictures, their sizes, their scales */ };

/**
 * The network's inputs for pictures, as iou_detector_run makes them, in float32. Memory is the
 * detector's, until its next call. `count` is at most the model's batch where that is fixed.
 */
iou_status iou_detector_inputs(iou_detector *detector, const iou_picture *pictures, size_t count,
                               iou_tensor inputs[IOU_NETWORK_INPUTS], size_t *input_count,
                               iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

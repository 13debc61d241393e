/* From pictures to the tensors that the network is given. */
#ifndef IOU_NETWORK_INPUTS_H
#define IOU_NETWORK_INPUTS_H

#include "detect/detector.h"

/** As many pictures as the model takes at a time. */
typedef struct iou_input_batch {
    const iou_picture *pictures;
    size_t first; /**< of them among the call's */
    size_t count;
    iou_network_size network;
    iou_letterbox *letterboxes; /**< are filled in */
} iou_input_batch;

/** Preprocesses the pictures; `input` has the detector's memory until the next batch. */
iou_status iou_network_input_fill(iou_detector *detector, iou_input_batch *batch, iou_tensor *input,
                                  iou_error *error);

#endif

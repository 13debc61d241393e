/* Pictures to the network's input: resize, normalise, pad. */
#ifndef IOU_PREPROCESS_H
#define IOU_PREPROCESS_H

#include "core/parallel.h"
#include "core/buffer.h"
#include "detect/metadata/detector_params.h"

/** How one picture lies in the network's input. */
typedef struct iou_letterbox {
    int32_t picture_width, picture_height;
    int32_t width, height;  /**< resized, without padding; 0: no picture, all padding */
    int32_t left, top;      /**< of the resized picture in the network's input */
    float scale_x, scale_y; /**< boxes are divided by them to return to the picture */
    double step_x, step_y;  /**< distance of samples in the picture */
} iou_letterbox;

/** Batch sides of the network's input; `height` and `width` 0 on entry: not fixed by the model. */
typedef struct iou_network_size {
    int64_t batch, height, width;
} iou_network_size;

typedef struct iou_preprocess_scratch {
    iou_buffer plans;  /**< of all pictures */
    iou_buffer tables; /**< where their samples lie */
    iou_buffer half;   /**< pictures that are resized along x only */
    iou_buffer rows;   /**< one resized row for each thread, and what making it needs */
} iou_preprocess_scratch;

/** Checks a picture and places it. */
iou_status iou_letterbox_place(iou_letterbox *letterbox, const iou_detector_params *params,
                               const iou_picture *picture, iou_error *error);

/** Fills in the sides that hold all letterboxes, and where each lies in them; fails where these do
 * not fit into fixed ones. */
iou_status iou_network_size_fit(iou_network_size *network, const iou_input_rule *rule,
                                iou_letterbox *letterboxes, size_t count, iou_error *error);

/**
 * Writes [batch, 3, height, width] floats to `out`, or [batch, height, width, 3]. `pictures` and
 * `letterboxes` are `count` <= batch; the rest of the batch is padding.
 */
iou_status iou_preprocess(float *out, const iou_network_size *network, const iou_input_rule *rule,
                          const iou_picture *pictures, const iou_letterbox *letterboxes,
                          size_t count, iou_preprocess_scratch *scratch, iou_workers *workers,
                          iou_error *error);

void iou_preprocess_scratch_release(iou_preprocess_scratch *scratch);

#endif

/* Pictures to the network's input: resize, normalise, pad. */
#ifndef IOU_PREPROCESS_H
#define IOU_PREPROCESS_H

#include "core/parallel.h"
#include "detect/detect_memory.h"
#include "detect/metadata/detector_params.h"

/** How one picture lies in the network's input. */
typedef struct iou_frame {
    int32_t picture_width, picture_height;
    int32_t width, height;  /**< resized, without padding; 0: no picture, all padding */
    float scale_x, scale_y; /**< boxes are divided by them to return to the picture */
    double step_x, step_y;  /**< distance of samples in the picture */
} iou_frame;

/** Batch sides of the network's input; `height` and `width` 0 on entry: not fixed by the model. */
typedef struct iou_canvas {
    int64_t batch, height, width;
} iou_canvas;

typedef struct iou_preprocess_scratch {
    iou_buffer plans;  /**< of all pictures */
    iou_buffer tables; /**< where their samples lie */
    iou_buffer half;   /**< pictures that are resized along x only */
    iou_buffer rows;   /**< one resized row for each thread, and what making it needs */
} iou_preprocess_scratch;

/** Checks a picture and places it. */
iou_status iou_frame_place(iou_frame *frame, const iou_detector_params *params,
                           const iou_picture *picture, iou_error *error);

/** Fills in the canvas's sides for all frames; fails where they do not fit into fixed ones. */
iou_status iou_canvas_fit(iou_canvas *canvas, const iou_input_rule *rule, const iou_frame *frames,
                          size_t count, iou_error *error);

/**
 * Writes [batch, 3, height, width] floats to `out`, or [batch, height, width, 3]. `pictures` and
 * `frames` are `count` <= batch; the rest of the batch is padding.
 */
iou_status iou_preprocess(float *out, const iou_canvas *canvas, const iou_input_rule *rule,
                          const iou_picture *pictures, const iou_frame *frames, size_t count,
                          iou_preprocess_scratch *scratch, iou_workers *workers, iou_error *error);

void iou_preprocess_scratch_release(iou_preprocess_scratch *scratch);

#endif

/* What a detector holds; iou.h has its functions. */
#ifndef IOU_DETECTOR_H
#define IOU_DETECTOR_H

#include "core/handle.h"
#include "detect/half_border.h"
#include "detect/network_outputs.h"
#include "detect/preprocess/picture_pixels.h"

/** What the network saw last, for another look at its maps. */
typedef struct iou_last_run {
    size_t count;    /**< pictures of the run; 0: there is none that succeeded */
    size_t seen;     /**< pictures of its last part, which `heads` and the letterboxes are of */
    iou_heads heads; /**< their maps are the session's until it runs again */
    iou_tensor outputs[IOU_NETWORK_OUTPUTS]; /**< what `heads` was found in, in float32 */
    size_t output_count;
} iou_last_run;

struct iou_detector {
    iou_handle handle;
    iou_detector_params params;
    iou_session *session;
    iou_workers *workers; /**< of the session too */
    iou_isa isa;
    int64_t fixed[3];   /**< batch, height and width of the model's input; 0: any */
    int32_t input_rank; /**< 3: the model's input has no batch */
    iou_half_border border;
    iou_buffer half_input, wide_outputs; /**< of the border */
    iou_last_run last;
    iou_buffer input, letterboxes, sizes_and_scales;
    iou_buffer true_ious; /**< maps of them, where they were requested */
    iou_row_scratch rows;
    iou_pixels_scratch pixels;
    iou_preprocess_scratch preprocess;
    iou_heads_scratch heads;
};

#endif

/* Models whose graph reports detections itself: `iou.outputs.kind` is `detections`. */
#ifndef IOU_GRAPH_DETECTIONS_H
#define IOU_GRAPH_DETECTIONS_H

#include "detect/half_border.h"
#include "detect/metadata/detector_params.h"
#include "detect/preprocess/preprocess.h"

/** One run of the graph. */
typedef struct iou_graph_batch {
    iou_tensor images; /**< the network's input */
    const iou_letterbox *letterboxes;
    size_t count;  /**< pictures; the batch of `images` may be larger */
    int32_t limit; /**< detections of a picture, at most */
    iou_detection *out;
    size_t capacity; /**< detections from one picture's first to the next one's */
    size_t *counts;
} iou_graph_batch;

/** The keys of the outputs and of the inputs beside the pictures. */
void iou_graph_outputs_read(iou_detector_params *params, iou_metadata_reader *reader);

/** Checks that the names are inputs and outputs of the model, of the right types and ranks. */
iou_status iou_graph_outputs_match(const iou_detector_params *params, const iou_value_info *inputs,
                                   size_t input_count, const iou_value_info *outputs,
                                   size_t output_count, iou_error *error);

/** The inputs beside the pictures: the sizes in the network's input, and the scales. Rows of the
 * batch without a picture have harmless ones. `sizes_and_scales` is their memory. */
iou_status iou_graph_inputs_fill(const iou_detector_params *params, const iou_tensor *images,
                                 const iou_letterbox *letterboxes, size_t count,
                                 iou_buffer *sizes_and_scales, iou_tensor inputs[2],
                                 iou_error *error);

/** Runs the graph and takes its detections. `sizes_and_scales` is memory for these inputs. */
iou_status iou_graph_detections_run(const iou_half_border *border,
                                    const iou_detector_params *params, const iou_graph_batch *batch,
                                    iou_buffer *sizes_and_scales, const iou_run_options *options,
                                    iou_error *error);

#endif

/*
 * From head maps to detections: fuse, keep the best of each level, decode, clip, return to the
 * picture, suppress, complete the final detections.
 *
 * Scores are floats, by the same functions wherever a score is looked at, so that ranking and
 * final scores agree in every bit.
 */
#ifndef IOU_HEADS_H
#define IOU_HEADS_H

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/buffer.h"
#include "detect/metadata/detector_params.h"
#include "detect/postprocess/row_outputs.h"
#include "detect/preprocess/preprocess.h"

/** One level's maps of a whole batch, in the layout of the parameters. */
typedef struct iou_head_level {
    int64_t height, width;
    const float *cls, *box;
    const float *iou;        /**< NULL where the model predicts none */
    const float *objectness; /**< NULL likewise */
} iou_head_level;

typedef struct iou_heads {
    int64_t batch, height, width; /**< of the network's input */
    iou_isa isa;
    iou_head_level levels[IOU_MAX_LEVELS];
    iou_row_outputs rows; /**< instead of maps */
} iou_heads;

/** Memory between stages, kept over runs. Zero-initialised. */
typedef struct iou_heads_scratch {
    iou_buffer ranks;      /**< keys of the anchors that pass */
    iou_buffer spare;      /**< such keys, or pairs', for a selection */
    iou_buffer counts;     /**< of a task's keys */
    iou_buffer candidates; /**< anchors that were kept */
    iou_buffer queue;      /**< keys of candidates that are not open yet */
    iou_buffer pairs;      /**< keys of open candidates' pairs */
    iou_buffer chains;     /**< detections of one class */
} iou_heads_scratch;

/** Picture `image` of the batch. `out` has room for settings->max_detections. */
iou_status iou_heads_detect(const iou_heads *heads, size_t image, const iou_detector_params *params,
                            const iou_detect_settings *settings, const iou_letterbox *letterbox,
                            iou_heads_scratch *scratch, iou_workers *workers, iou_detection *out,
                            size_t *count, iou_error *error);

void iou_heads_scratch_release(iou_heads_scratch *scratch);

#endif

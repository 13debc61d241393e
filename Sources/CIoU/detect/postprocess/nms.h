#ifndef IOU_NMS_H
#define IOU_NMS_H

#include "detect/postprocess/pair_queue.h"

/**
 * Takes pairs by falling score and keeps those that no better one of their class (or of any,
 * `together`) suppresses, until `max` are kept. Fills box, score and label, and candidates' numbers
 * into `kept`.
 */
typedef struct iou_nms {
    size_t class_count, max;
    float threshold, pixel;
    bool inclusive, together;
    size_t columns; /**< of the picture, in which the boxes of a class are looked for; at least 1 */
    float width;    /**< of all columns */
    int32_t *heads; /**< class_count * columns; the newest detection that begins there, or -1 */
    int32_t *spans; /**< class_count; columns that a box reaches beyond its first, at most */
    int32_t *next;  /**< max; the detection before it */
    uint32_t *kept; /**< max */
} iou_nms;
iou_status iou_nms_run(const iou_nms *nms, iou_pair_queue *queue, iou_detection *out, size_t *found,
                       iou_error *error);

#endif

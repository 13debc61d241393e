#ifndef IOU_NMS_H
#define IOU_NMS_H

#include "detect/pair_queue.h"

/**
 * Takes pairs by falling score and keeps those that no better one of their class (or of any,
 * `together`) suppresses, until `max` are kept. Fills box, score and label, and slots' numbers into
 * `kept`.
 */
typedef struct iou_nms {
    size_t class_count, max;
    float threshold, pixel;
    bool inclusive, together;
    int32_t *heads; /**< class_count; the newest detection of the class, or -1 */
    int32_t *next;  /**< max; the detection before it */
    uint32_t *kept; /**< max */
} iou_nms;
iou_status iou_nms_run(const iou_nms *nms, iou_pair_queue *queue, iou_detection *out, size_t *found,
                       iou_error *error);

#endif

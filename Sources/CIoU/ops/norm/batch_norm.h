/* BatchNormalization: what its two ways share. */
#ifndef IOU_BATCH_NORM_H
#define IOU_BATCH_NORM_H

#include "ops/op.h"

enum { IOU_NORM_SCALE = 1, IOU_NORM_BIAS = 2, IOU_NORM_MEAN = 3, IOU_NORM_VARIANCE = 4 };

typedef struct iou_batch_norm_attributes {
    float epsilon, momentum;
    bool trains; /**< mean and variance are those of the input */
} iou_batch_norm_attributes;

/** Prepares a step for any floating-point types, also of training: a task a channel. */
iou_status iou_batch_norm_prepare_plain(const iou_prepare *prepare);

#endif

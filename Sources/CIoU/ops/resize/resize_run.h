/* Resize and Upsample, ready to run. */
#ifndef IOU_RESIZE_RUN_H
#define IOU_RESIZE_RUN_H

#include "ops/op.h"

/** An axis in memory order. */
typedef struct iou_resize_memory_axis {
    int64_t in, out, stride; /**< stride of the input, in elements */
    int taps;
    const int32_t *index; /**< NULL: the axis is as it was */
    const float *weight;
} iou_resize_memory_axis;

typedef struct iou_resize_params {
    int rank; /**< at least 1; the last axis is innermost */
    iou_resize_memory_axis axis[IOU_MAX_RANK];
    int64_t inner; /**< elements at each position of the last axis, where `weighted` */
    size_t rows, rows_per_task, size;
    size_t out_pitch; /**< elements from one row of the output to the next */
    float extrapolation;
    bool weighted;
} iou_resize_params;

iou_status iou_resize_op_prepare(const iou_prepare *prepare);

/** Computes a task's rows; `params` are iou_resize_params. */
iou_status iou_resize_op_run(const iou_call *call, size_t task);

#endif

/* A value seen around one axis, and rows dealt out to tasks. */
#ifndef IOU_ROWS_H
#define IOU_ROWS_H

#include "ops/op.h"

/** Element (o, e, i) of a plain value is at (o * extent + e) * inner + i. */
typedef struct iou_axis {
    size_t outer, extent, inner;
} iou_axis;

/** `axis` may count from the end; it has been checked. */
iou_axis iou_axis_of(const iou_operand *operand, int64_t axis);

typedef struct iou_rows {
    size_t count, per_task;
} iou_rows;

/** Rows of `elements` elements each: a task has about IOU_CHUNK elements, and at least a row. */
iou_rows iou_rows_of(size_t count, size_t elements);
size_t iou_rows_tasks(const iou_rows *rows);
/** The rows begin … end-1 of `task`. */
void iou_rows_range(const iou_rows *rows, size_t task, size_t *begin, size_t *end);

#endif

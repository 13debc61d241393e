#include "ops/rows.h"

#include "ops/strided_iterator.h"

iou_axis iou_axis_of(const iou_operand *operand, int64_t axis) {
    const int64_t at = axis < 0 ? axis + operand->rank : axis;
    iou_axis view = {1, 1, 1};
    for (int i = 0; i < operand->rank; i++) {
        size_t *part = i < at ? &view.outer : i == at ? &view.extent : &view.inner;
        *part *= (size_t)operand->dims[i];
    }
    return view;
}

iou_rows iou_rows_of(size_t count, size_t elements) {
    const bool one = elements == 0 || elements > IOU_CHUNK;
    return (iou_rows){count, one ? 1 : IOU_CHUNK / elements};
}

size_t iou_rows_tasks(const iou_rows *rows) {
    return rows->count == 0 ? 1 : (rows->count - 1) / rows->per_task + 1;
}

void iou_rows_range(const iou_rows *rows, size_t task, size_t *begin, size_t *end) {
    *begin = task * rows->per_task;
    *end = rows->count - *begin < rows->per_task ? rows->count : *begin + rows->per_task;
}

/* Rows that the iterations of a body make, and slices that they read. */
#ifndef IOU_BODY_ROWS_H
#define IOU_BODY_ROWS_H

#include "core/buffer.h"
#include "core/status.h"

/** Tensors of one shape, one behind the other. */
typedef struct iou_body_rows {
    iou_tensor row; /**< type and shape of each, without data */
    bool known;     /**< what `row` says holds */
    size_t count, bytes;
    iou_buffer buffer;
} iou_body_rows;

/** Begins anew with no rows. */
void iou_body_rows_begin(iou_body_rows *rows);
/** Says what rows are, before the first; checks that a further one is the same. */
iou_status iou_body_rows_describe(iou_body_rows *rows, const iou_tensor *row, iou_error *error);
/** Adds `row` (zeros where its data is NULL), within `limit` bytes for all rows. */
iou_status iou_body_rows_add(iou_body_rows *rows, const iou_tensor *row, size_t limit,
                             iou_error *error);

/**
 * Moves or copies the rows into `out`, of `batches` equally long parts: axis `axis` of each part is
 * that of its rows, from the last to the first with `backwards`.
 */
iou_status iou_body_rows_finish(iou_body_rows *rows, size_t batches, int axis, bool backwards,
                                size_t limit, iou_buffer *out, iou_error *error);

/** Slice `index` of `from` along `axis`, whose other dims are `slice->dims`; copied into `copy`
 * where it is not in one piece. */
iou_status iou_body_slice(iou_tensor *slice, const iou_tensor *from, int axis, int64_t index,
                          iou_buffer *copy, iou_error *error);

#endif

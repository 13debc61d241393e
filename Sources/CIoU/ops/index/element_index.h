/* Indices of single elements along an axis: GatherElements and ScatterElements. */
#ifndef IOU_ELEMENT_INDEX_H
#define IOU_ELEMENT_INDEX_H

#include "ops/strided_iterator.h"

/** Follows indices in memory order; operand 0 of the iterator is where in the data the axis begins.
 */
typedef struct iou_element_index {
    iou_iterator iterator;
    int64_t extent, stride; /**< of the axis in the data */
    iou_type type;          /**< of the indices */
} iou_element_index;

/** Checks the axis, ranks and that the indices are nowhere larger than the data off the axis. */
iou_status iou_element_infer(const iou_infer *infer, int64_t axis, const iou_fact *data,
                             const iou_fact *indices);

iou_element_index iou_element_index_of(const iou_operand *data, const iou_operand *indices,
                                       int64_t axis);

/** Reads index `at` into 0 … extent-1, or reports it. */
iou_status iou_element_read(const iou_element_index *index, const void *indices, size_t at,
                            int64_t *position, iou_error *error);

#endif

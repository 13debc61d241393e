/* Indices that are tuples: GatherND and ScatterND. */
#ifndef IOU_TUPLE_INDEX_H
#define IOU_TUPLE_INDEX_H

#include "ops/op.h"

/** Where the slice of a tuple is in plain data. */
typedef struct iou_tuple_index {
    int length;            /**< numbers in a tuple */
    size_t count;          /**< tuples of one batch */
    size_t batches, batch; /**< batches, elements of the data in one */
    size_t slice;          /**< elements that a tuple names */
    int64_t dims[IOU_MAX_RANK], strides[IOU_MAX_RANK];
} iou_tuple_index;

/**
 * Checks ranks, the tuples' length and the batch dimensions, which are the same in both. The length
 * is -1 when it is not known.
 */
iou_status iou_tuple_infer(const iou_infer *infer, const iou_fact *data, const iou_fact *indices,
                           int batch_dims, int *length);

/** For concrete data and indices that have been checked. */
iou_tuple_index iou_tuple_index_of(const iou_operand *data, const iou_operand *indices,
                                   int batch_dims);

/** The first element of the slice of tuple `at`, counted over all batches. */
iou_status iou_tuple_find(const iou_tuple_index *index, const int64_t *tuples, size_t at,
                          size_t *offset, iou_error *error);

#endif

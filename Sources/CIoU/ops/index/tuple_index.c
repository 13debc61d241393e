#include "ops/index/tuple_index.h"

#include "ops/facts.h"

iou_status iou_tuple_infer(const iou_infer *infer, const iou_fact *data, const iou_fact *indices,
                           int batch_dims, int *length) {
    *length = -1;
    if (data->rank < 0 || indices->rank < 0) {
        return IOU_OK;
    }
    const int most = data->rank < indices->rank ? data->rank : indices->rank;
    if (batch_dims < 0 || batch_dims >= most) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "data and indices of rank %d and %d cannot share %d batch dimensions",
                              data->rank, indices->rank, batch_dims);
    }
    for (int i = 0; i < batch_dims; i++) {
        const iou_dim a = data->dims[i], b = indices->dims[i];
        if (a.known && b.known && a.value != b.value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "batch dimension %d is %lld in data, %lld in indices", i,
                                  (long long)a.value, (long long)b.value);
        }
    }
    const iou_dim last = indices->dims[indices->rank - 1];
    if (!last.known) {
        return IOU_OK;
    }
    if (last.value < 1 || last.value > data->rank - batch_dims) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "a tuple must have 1 to %d numbers, it has %lld",
                              data->rank - batch_dims, (long long)last.value);
    }
    *length = (int)last.value;
    return IOU_OK;
}

iou_tuple_index iou_tuple_index_of(const iou_operand *data, const iou_operand *indices,
                                   int batch_dims) {
    iou_tuple_index index = {.batches = 1, .batch = 1, .slice = 1, .count = 1};
    index.length = (int)indices->dims[indices->rank - 1];
    for (int i = 0; i < data->rank; i++) {
        const size_t extent = (size_t)data->dims[i];
        index.batches *= i < batch_dims ? extent : 1;
        index.batch *= i >= batch_dims ? extent : 1;
        index.slice *= i >= batch_dims + index.length ? extent : 1;
    }
    for (int i = batch_dims; i + 1 < indices->rank; i++) {
        index.count *= (size_t)indices->dims[i];
    }
    int64_t stride = (int64_t)index.slice;
    for (int i = index.length - 1; i >= 0; i--) {
        index.dims[i] = data->dims[batch_dims + i];
        index.strides[i] = stride;
        stride *= index.dims[i];
    }
    return index;
}

iou_status iou_tuple_find(const iou_tuple_index *index, const int64_t *tuples, size_t at,
                          size_t *offset, iou_error *error) {
    const int64_t *tuple = tuples + at * (size_t)index->length;
    int64_t sum = 0;
    for (int i = 0; i < index->length; i++) {
        const int64_t extent = index->dims[i];
        IOU_FAIL_IF(tuple[i] < -extent || tuple[i] >= extent, IOU_BAD_DATA, error,
                    "index %lld of dimension %d is outside %lld…%lld", (long long)tuple[i], i,
                    (long long)-extent, (long long)extent - 1);
        sum += (tuple[i] < 0 ? tuple[i] + extent : tuple[i]) * index->strides[i];
    }
    *offset = at / index->count * index->batch + (size_t)sum;
    return IOU_OK;
}

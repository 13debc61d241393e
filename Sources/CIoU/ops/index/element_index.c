#include "ops/index/element_index.h"

#include "ops/facts.h"

iou_status iou_element_infer(const iou_infer *infer, int64_t axis, const iou_fact *data,
                             const iou_fact *indices) {
    if (data->rank < 0) {
        return IOU_OK;
    }
    int along;
    IOU_TRY(iou_fact_axis(infer, axis, data->rank, &along));
    if (indices->rank < 0) {
        return IOU_OK;
    }
    if (data->rank != indices->rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "indices must have the data's rank %d, not %d",
                              data->rank, indices->rank);
    }
    for (int i = 0; i < data->rank; i++) {
        const iou_dim most = data->dims[i], found = indices->dims[i];
        if (i != along && most.known && found.known && found.value > most.value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "dimension %d of indices must be at most %lld, it is %lld", i,
                                  (long long)most.value, (long long)found.value);
        }
    }
    return IOU_OK;
}

iou_element_index iou_element_index_of(const iou_operand *data, const iou_operand *indices,
                                       int64_t axis) {
    iou_element_index index = {.type = indices->type};
    const int along = (int)(axis < 0 ? axis + data->rank : axis);
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(data, strides);
    index.extent = data->dims[along];
    index.stride = strides[along];
    index.iterator.rank = indices->rank;
    index.iterator.operands = 1;
    for (int i = 0; i < indices->rank; i++) {
        index.iterator.dims[i] = indices->dims[i];
        index.iterator.strides[0][i] = i == along ? 0 : strides[i];
    }
    iou_iterator_finish(&index.iterator);
    return index;
}

iou_status iou_element_read(const iou_element_index *index, const void *indices, size_t at,
                            int64_t *position, iou_error *error) {
    const int64_t given = iou_read_int(index->type, indices, at);
    IOU_FAIL_IF(given < -index->extent || given >= index->extent, IOU_BAD_DATA, error,
                "index %lld is outside %lld…%lld", (long long)given, (long long)-index->extent,
                (long long)index->extent - 1);
    *position = given < 0 ? given + index->extent : given;
    return IOU_OK;
}

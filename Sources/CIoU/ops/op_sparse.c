/* Sparse tensors of the file, made dense: operators know no others. */
#include "ops/op.h"

#include "core/arena.h"
#include "ops/facts.h"

#include <string.h>

/** Where the elements of a sparse tensor go. */
typedef struct sparse {
    iou_fact values;  /**< [count] */
    iou_fact indices; /**< int64: [count], or [count, rank] */
    size_t count;
} sparse;

static iou_status read_parts(sparse *parts, const Onnx__SparseTensorProto *t, iou_arena *memory,
                             const char *what, iou_error *error) {
    IOU_FAIL_IF(!t->values || !t->indices, IOU_BAD_MODEL, error,
                "%s: expected values and indices, found one of them or none", what);
    IOU_TRY(iou_fact_from_tensor(&parts->values, t->values, memory, what, error));
    IOU_TRY(iou_fact_from_tensor(&parts->indices, t->indices, memory, what, error));
    IOU_FAIL_IF(parts->values.rank != 1, IOU_BAD_MODEL, error,
                "%s: expected values of rank 1, found rank %d", what, parts->values.rank);
    parts->count = (size_t)parts->values.dims[0].value;
    const iou_fact *indices = &parts->indices;
    const bool linear = indices->rank == 1;
    const bool fits = indices->type == IOU_INT64 && (linear || indices->rank == 2) &&
                      indices->dims[0].value == parts->values.dims[0].value &&
                      (linear || indices->dims[1].value == (int64_t)t->n_dims);
    IOU_FAIL_IF(!fits, IOU_BAD_MODEL, error,
                "%s: expected int64 indices [%zu] or [%zu, %zu], found others", what, parts->count,
                parts->count, t->n_dims);
    return IOU_OK;
}

/** The dense shape in `fact`, within `*allowed` bytes. */
static iou_status dense_shape(iou_fact *fact, const Onnx__SparseTensorProto *t, size_t *allowed,
                              const char *what, iou_error *error) {
    IOU_TRY(iou_fact_read_shape(fact, t->dims, t->n_dims, what, error));
    IOU_FAIL_IF(fact->data_size > *allowed, IOU_LIMIT, error,
                "%s: has %zu bytes when dense, %zu more are allowed", what, fact->data_size,
                *allowed);
    *allowed -= fact->data_size;
    return IOU_OK;
}

/** The row-major position of element `i`, or -1 where an index is outside. */
static int64_t position(const sparse *parts, const iou_fact *dense, size_t i, size_t total) {
    if (total == 0) { /* its other dimensions may multiply to more than int64 holds */
        return -1;
    }
    if (parts->indices.rank == 1) {
        const int64_t at = iou_read_int(IOU_INT64, parts->indices.data, i);
        return at >= 0 && (uint64_t)at < total ? at : -1;
    }
    int64_t at = 0;
    for (int axis = 0; axis < dense->rank; axis++) {
        const size_t position = i * (size_t)dense->rank + (size_t)axis;
        const int64_t index = iou_read_int(IOU_INT64, parts->indices.data, position);
        if (index < 0 || index >= dense->dims[axis].value) {
            return -1;
        }
        at = at * dense->dims[axis].value + index;
    }
    return (uint64_t)at < total ? at : -1;
}

iou_status iou_fact_from_sparse(iou_fact *fact, const Onnx__SparseTensorProto *t, size_t *allowed,
                                iou_arena *memory, const char *what, iou_error *error) {
    sparse parts;
    *fact = (iou_fact){.rank = -1, .element_count = -1};
    IOU_TRY(read_parts(&parts, t, memory, what, error));
    fact->type = parts.values.type;
    IOU_TRY(dense_shape(fact, t, allowed, what, error));
    const size_t element = iou_type_size(fact->type), total = fact->data_size / element;
    char *dense = iou_arena_alloc(memory, fact->data_size ? fact->data_size : 1);
    IOU_FAIL_IF(!dense, IOU_OUT_OF_MEMORY, error, "%s: no memory for %zu bytes", what,
                fact->data_size);
    int64_t last = -1;
    for (size_t i = 0; i < parts.count; i++) {
        const int64_t at = position(&parts, fact, i, total);
        IOU_FAIL_IF(at < 0, IOU_BAD_MODEL, error, "%s: index %zu is outside its shape", what, i);
        IOU_FAIL_IF(at <= last, IOU_BAD_MODEL, error,
                    "%s: expected rising indices, found index %zu not above the one before", what,
                    i);
        memcpy(dense + (size_t)at * element, (const char *)parts.values.data + i * element,
               element);
        last = at;
    }
    fact->data = dense;
    IOU_FAIL_IF(iou_fact_read_elements(fact, memory) != IOU_OK, IOU_OUT_OF_MEMORY, error,
                "%s: no memory", what);
    return IOU_OK;
}

#include "session/body_rows.h"

#include "core/memory.h"
#include "core/sizes.h"

#include <string.h>

void iou_body_rows_begin(iou_body_rows *rows) {
    rows->known = false;
    rows->count = rows->bytes = 0;
}

static bool same(const iou_tensor *a, const iou_tensor *b) {
    bool equal = a->type == b->type && a->rank == b->rank;
    for (int d = 0; equal && d < a->rank; d++) {
        equal = a->dims[d] == b->dims[d];
    }
    return equal;
}

iou_status iou_body_rows_describe(iou_body_rows *rows, const iou_tensor *row, iou_error *error) {
    IOU_FAIL_IF(row->rank >= IOU_MAX_RANK, IOU_UNSUPPORTED, error,
                "rows of rank %d, at most %d is supported", row->rank, IOU_MAX_RANK - 1);
    IOU_FAIL_IF(rows->known && !same(&rows->row, row), IOU_BAD_DATA, error,
                "expected a row of the shape and type of those before, found another");
    rows->row = *row;
    rows->row.data = NULL;
    rows->known = true;
    return IOU_OK;
}

/** Twice as much as is needed, as long as there is room for that. */
static iou_status grow(iou_body_rows *rows, size_t needed, size_t limit, iou_error *error) {
    IOU_FAIL_IF(needed > limit, IOU_LIMIT, error,
                "%zu bytes of collected rows pass the %zu that are left", needed, limit);
    return needed <= limit / 2 ? iou_buffer_extend(&rows->buffer, needed + 1, 1, error)
                               : iou_buffer_reserve(&rows->buffer, needed + 1, 1, error);
}

iou_status iou_body_rows_add(iou_body_rows *rows, const iou_tensor *row, size_t limit,
                             iou_error *error) {
    IOU_TRY(iou_body_rows_describe(rows, row, error));
    const size_t needed =
        row->size > SIZE_MAX / 4 - rows->bytes ? SIZE_MAX / 4 : rows->bytes + row->size;
    IOU_TRY(grow(rows, needed, limit, error));
    char *to = (char *)rows->buffer.data + rows->bytes;
    if (row->data && row->size > 0) {
        memcpy(to, row->data, row->size);
    } else if (row->size > 0) {
        memset(to, 0, row->size);
    }
    rows->bytes = needed;
    rows->count++;
    return IOU_OK;
}

/** Bytes of the dims from `first` to `last` - 1 of a row, which fit. */
static size_t span(const iou_tensor *row, int first, int last, size_t element) {
    for (int d = first; d < last; d++) {
        element *= (size_t)row->dims[d];
    }
    return element;
}

static void swap(iou_buffer *a, iou_buffer *b) {
    const iou_buffer before = *a;
    *a = *b;
    *b = before;
}

iou_status iou_body_rows_finish(iou_body_rows *rows, size_t batches, int axis, bool backwards,
                                size_t limit, iou_buffer *out, iou_error *error) {
    const size_t count = batches > 0 ? rows->count / batches : 0;
    if ((axis == 0 && !backwards) || rows->bytes == 0) {
        IOU_TRY(iou_buffer_reserve(&rows->buffer, 1, 1, error));
        swap(&rows->buffer, out);
        return IOU_OK;
    }
    IOU_FAIL_IF(
        rows->bytes > iou_size_less(limit, rows->bytes), IOU_LIMIT, error,
        "%zu bytes of collected rows, of which a copy is needed, pass the %zu that are left",
        rows->bytes, limit);
    IOU_TRY(iou_buffer_grow(out, rows->bytes, error));
    const size_t outer = span(&rows->row, 0, axis, 1);
    const size_t inner = span(&rows->row, axis, rows->row.rank, iou_type_size(rows->row.type));
    const char *from = rows->buffer.data;
    for (size_t i = 0; i < rows->count; i++) {
        const size_t batch = i / count, row = i % count;
        const size_t at = backwards ? count - 1 - row : row;
        for (size_t o = 0; o < outer; o++) {
            char *to = (char *)out->data + ((batch * outer + o) * count + at) * inner;
            memcpy(to, from, inner);
            from += inner;
        }
    }
    return IOU_OK;
}

iou_status iou_body_slice(iou_tensor *slice, const iou_tensor *from, int axis, int64_t index,
                          iou_buffer *copy, iou_error *error) {
    const size_t element = iou_type_size(from->type);
    const size_t outer = span(from, 0, axis, 1);
    const size_t inner = span(from, axis + 1, from->rank, element);
    const size_t row = (size_t)from->dims[axis] * inner;
    const char *first = (const char *)from->data + (size_t)index * inner;
    slice->size = outer * inner;
    if (outer == 1) {
        slice->data = (void *)(uintptr_t)first;
        return IOU_OK;
    }
    IOU_TRY(iou_buffer_grow(copy, slice->size + 1, error));
    for (size_t o = 0; o < outer && inner > 0; o++) {
        memcpy((char *)copy->data + o * inner, first + o * row, inner);
    }
    slice->data = copy->data;
    return IOU_OK;
}

/* Memory order, broadcasting strides, and copies along them. */
#include "ops/strided_iterator.h"

#include "core/matrix_transpose.h"
#include "core/sizes.h"

#include <string.h>

size_t iou_chunk_tasks(size_t count) {
    return iou_size_max(1, iou_divide_up(count, IOU_CHUNK));
}

void iou_chunk(size_t task, size_t count, size_t *begin, size_t *end) {
    *begin = task * IOU_CHUNK;
    *end = *begin + iou_size_min(count - *begin, IOU_CHUNK);
}

void iou_memory_order(int rank, iou_layout layout, int order[IOU_MAX_RANK]) {
    for (int i = 0; i < rank; i++) {
        order[i] = i;
    }
    if (layout == IOU_SWAPPED) {
        order[rank - 2] = rank - 1;
        order[rank - 1] = rank - 2;
    }
    if (layout == IOU_CHANNELS_LAST && rank > 2) {
        for (int i = 1; i + 1 < rank; i++) {
            order[i] = i + 1;
        }
        order[rank - 1] = 1;
    }
}

void iou_memory_strides(const iou_operand *operand, int64_t strides[IOU_MAX_RANK]) {
    int order[IOU_MAX_RANK];
    iou_memory_order(operand->rank, operand->layout, order);
    int64_t stride = 1;
    for (int i = operand->rank - 1; i >= 0; i--) {
        strides[order[i]] = stride;
        stride *=
            i == operand->rank - 1 && operand->pitch > 0 ? operand->pitch : operand->dims[order[i]];
    }
}

void iou_iterator_broadcast(iou_iterator *iterator, const iou_operand *out,
                            const iou_operand *const *in, int operands) {
    int order[IOU_MAX_RANK];
    iou_memory_order(out->rank, out->layout, order);
    iterator->rank = out->rank;
    iterator->operands = operands;
    for (int i = 0; i < out->rank; i++) {
        iterator->dims[i] = out->dims[order[i]];
    }
    for (int k = 0; k < operands; k++) {
        int64_t strides[IOU_MAX_RANK];
        iou_memory_strides(in[k], strides);
        for (int i = 0; i < out->rank; i++) {
            const int axis = order[i] - (out->rank - in[k]->rank);
            iterator->strides[k][i] = axis < 0 || in[k]->dims[axis] == 1 ? 0 : strides[axis];
        }
    }
    iou_iterator_finish(iterator);
}

static bool can_merge(const iou_iterator *iterator, int outer, int inner) {
    for (int k = 0; k < iterator->operands; k++) {
        if (iterator->strides[k][outer] != iterator->strides[k][inner] * iterator->dims[inner]) {
            return false;
        }
    }
    return true;
}

void iou_iterator_finish(iou_iterator *iterator) {
    int kept = 0;
    iterator->count = 1;
    for (int i = 0; i < iterator->rank; i++) {
        iterator->count *= (size_t)iterator->dims[i];
        if (iterator->dims[i] == 1) {
            continue;
        }
        const bool merge = kept > 0 && can_merge(iterator, kept - 1, i);
        const int to = merge ? kept - 1 : kept;
        iterator->dims[to] = merge ? iterator->dims[to] * iterator->dims[i] : iterator->dims[i];
        for (int k = 0; k < iterator->operands; k++) {
            iterator->strides[k][to] = iterator->strides[k][i];
        }
        kept = to + 1;
    }
    if (kept == 0) {
        iterator->dims[0] = 1;
        for (int k = 0; k < iterator->operands; k++) {
            iterator->strides[k][0] = 0;
        }
        kept = 1;
    }
    iterator->rank = kept;
}

size_t iou_iterator_seek(const iou_iterator *iterator, size_t at, size_t end,
                         int64_t offsets[IOU_ITERATOR_OPERANDS]) {
    const size_t inner = (size_t)iterator->dims[iterator->rank - 1];
    const size_t column = at % inner;
    size_t row = at / inner;
    for (int k = 0; k < iterator->operands; k++) {
        offsets[k] = (int64_t)column * iou_iterator_step(iterator, k);
    }
    for (int i = iterator->rank - 2; i >= 0; i--) {
        const int64_t index = (int64_t)(row % (size_t)iterator->dims[i]);
        row /= (size_t)iterator->dims[i];
        for (int k = 0; k < iterator->operands; k++) {
            offsets[k] += index * iterator->strides[k][i];
        }
    }
    const size_t left = inner - column;
    return iou_size_min(left, end - at);
}

iou_iterator_rows iou_iterator_rows_at(const iou_iterator *iterator, size_t at, size_t end) {
    iou_iterator_rows rows = {.rows = 1};
    const int outer = iterator->rank - 2;
    const size_t inner = (size_t)iterator->dims[iterator->rank - 1];
    rows.length = iou_iterator_seek(iterator, at, end, rows.offsets);
    if (outer >= 0 && rows.length == inner) {
        const size_t extent = (size_t)iterator->dims[outer];
        rows.rows = iou_size_min(extent - at / inner % extent, (end - at) / inner);
    }
    for (int k = 0; k < iterator->operands; k++) {
        rows.steps[k] = outer >= 0 ? iterator->strides[k][outer] : 0;
    }
    return rows;
}

#define COPY(type)                                                                                 \
    do {                                                                                           \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            to[i] = from[(int64_t)i * stride];                                                     \
        }                                                                                          \
    } while (0)

void iou_copy_strided(void *out, const void *in, size_t n, int64_t stride, size_t size) {
    if (stride == 1) {
        memcpy(out, in, n * size);
        return;
    }
    switch (size) {
    case 1: COPY(uint8_t); break;
    case 2: COPY(uint16_t); break;
    case 4: COPY(uint32_t); break;
    default: COPY(uint64_t); break;
    }
}

typedef struct gather_params {
    iou_iterator iterator;
    int64_t base;
    size_t size;
    int input;
    int across; /* the dimension along which the input is contiguous, when it is not the last */
} gather_params;

static iou_status gather_run(const iou_call *call, size_t task) {
    const gather_params *p = call->params;
    const char *in = call->in[p->input];
    char *out = call->out[0];
    size_t at, end;
    iou_chunk(task, p->iterator.count, &at, &end);
    while (at < end) {
        const iou_iterator_rows rows = iou_iterator_rows_at(&p->iterator, at, end);
        const char *from = in + (p->base + rows.offsets[0]) * (int64_t)p->size;
        for (size_t row = 0; row < rows.rows; row++, at += rows.length) {
            iou_copy_strided(out + at * p->size, from, rows.length,
                             iou_iterator_step(&p->iterator, 0), p->size);
            from += rows.steps[0] * (int64_t)p->size;
        }
    }
    return IOU_OK;
}

enum { TILE = 16 };

/* One band of TILE rows of dimension `across`, for one index of every other outer dimension. */
static iou_status transpose_run(const iou_call *call, size_t task) {
    const gather_params *p = call->params;
    const iou_iterator *iterator = &p->iterator;
    const int last = iterator->rank - 1;
    const int64_t bands = (iterator->dims[p->across] + TILE - 1) / TILE;
    int64_t out_strides[IOU_ITERATOR_RANK];
    int64_t dense = 1;
    for (int i = last; i >= 0; i--) {
        out_strides[i] = dense;
        dense *= iterator->dims[i];
    }
    const int64_t row = (int64_t)(task % (size_t)bands) * TILE;
    size_t rest = task / (size_t)bands;
    int64_t from = p->base + row * iterator->strides[0][p->across];
    int64_t to = row * out_strides[p->across];
    for (int i = last - 1; i >= 0; i--) {
        if (i != p->across) {
            const int64_t index = (int64_t)(rest % (size_t)iterator->dims[i]);
            rest /= (size_t)iterator->dims[i];
            from += index * iterator->strides[0][i];
            to += index * out_strides[i];
        }
    }
    const int64_t left = iterator->dims[p->across] - row;
    const int64_t rows = left < TILE ? left : TILE;
    const iou_transposition band = {
        .to = (char *)call->out[0] + to * (int64_t)p->size,
        .from = (const char *)call->in[p->input] + from * (int64_t)p->size,
        .to_stride = (size_t)out_strides[p->across],
        .from_stride = (size_t)iterator->strides[0][last],
        .rows = (size_t)iterator->dims[last],
        .columns = (size_t)rows,
    };
    iou_transpose(&band, p->size);
    return IOU_OK;
}

iou_status iou_prepare_gather(const iou_prepare *prepare, const iou_iterator *iterator, int input,
                              int64_t base) {
    gather_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->iterator = *iterator;
    p->base = base;
    p->input = input;
    p->size = iou_type_size(prepare->out[0].type);
    p->across = -1;
    const int last = iterator->rank - 1;
    for (int i = 0; i < last && iou_iterator_step(iterator, 0) > 1; i++) {
        p->across = iterator->strides[0][i] == 1 ? i : p->across;
    }
    const bool tiled = iterator->count > 0 && p->across >= 0 && iterator->dims[last] >= 4 &&
                       iterator->dims[p->across] >= 4;
    prepare->step->run = tiled ? transpose_run : gather_run;
    prepare->step->task_count = iou_chunk_tasks(iterator->count);
    if (tiled) {
        const size_t depth = (size_t)iterator->dims[p->across];
        const size_t outer = iterator->count / (size_t)iterator->dims[last] / depth;
        prepare->step->task_count = outer * iou_divide_up(depth, TILE);
    }
    prepare->step->params = p;
    prepare->step->algorithm = tiled ? "transpose" : "copy";
    prepare->step->isa = "scalar";
    return IOU_OK;
}

iou_status iou_prepare_copy(const iou_prepare *prepare) {
    iou_iterator iterator = {.rank = 1, .operands = 1};
    iterator.dims[0] = (int64_t)prepare->out[0].count;
    iterator.strides[0][0] = 1;
    iou_iterator_finish(&iterator);
    return iou_prepare_gather(prepare, &iterator, 0, 0);
}

/* ScatterElements, once called Scatter: a copy with single elements updated, in order. */
#include "ops/index/element_index.h"
#include "ops/facts.h"
#include "ops/index/scatter_combine.h"

#include <string.h>

enum { DATA = 0, INDICES = 1, UPDATES = 2 };

typedef struct scatter_elements_params {
    iou_element_index index;
    iou_combine combine; /* NULL: replaces */
    size_t element, size;
} scatter_elements_params;

static iou_status check_updates(const iou_infer *infer) {
    const iou_fact *at = infer->in[INDICES], *updates = infer->in[UPDATES];
    bool same = at->rank < 0 || updates->rank < 0 || at->rank == updates->rank;
    for (int i = 0; same && i < at->rank && i < updates->rank; i++) {
        same = !at->dims[i].known || !updates->dims[i].known ||
               at->dims[i].value == updates->dims[i].value;
    }
    return same ? IOU_OK
                : iou_infer_fail(infer, IOU_BAD_MODEL, "updates must have the shape of indices");
}

static iou_status scatter_elements_infer(const iou_infer *infer) {
    IOU_TRY(iou_scatter_check(infer, iou_types_index));
    IOU_TRY(iou_element_infer(infer,
                              ((const iou_scatter_attributes *)infer->node->attributes)->axis,
                              infer->in[DATA], infer->in[INDICES]));
    IOU_TRY(check_updates(infer));
    iou_fact_like(&infer->out[0], infer->in[DATA]);
    return iou_scatter_value(infer, &infer->out[0]);
}

/* How many of n neighbouring elements go to neighbouring places: all, where an exporter has
 * expanded the indices of rows, or one. */
static size_t run_length(const scatter_elements_params *p, const void *indices, size_t at, size_t n,
                         int64_t step) {
    const size_t size = iou_type_size(p->index.type);
    const char *first = (const char *)indices + at * size;
    return step == 1 && memcmp(first, first + size, (n - 1) * size) == 0 ? n : 1;
}

static iou_status scatter_elements_run(const iou_call *call, size_t task) {
    const scatter_elements_params *p = call->params;
    const iou_iterator *iterator = &p->index.iterator;
    const int64_t step = iou_iterator_step(iterator, 0);
    (void)task;
    if (call->out[0] != call->in[DATA]) {
        memcpy(call->out[0], call->in[DATA], p->size);
    }
    for (size_t at = 0; at < iterator->count;) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        const size_t n = iou_iterator_seek(iterator, at, iterator->count, offsets);
        const size_t run = run_length(p, call->in[INDICES], at, n, step);
        for (size_t i = 0; i < n; i += run) {
            int64_t position;
            IOU_TRY(iou_element_read(&p->index, call->in[INDICES], at + i, &position, call->error));
            position = offsets[0] + (int64_t)i * step + position * p->index.stride;
            void *to = (char *)call->out[0] + (size_t)position * p->element;
            const void *from = (const char *)call->in[UPDATES] + (at + i) * p->element;
            if (p->combine == NULL) {
                memcpy(to, from, run * p->element);
            } else {
                p->combine(to, from, run);
            }
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status scatter_elements_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[DATA];
    scatter_elements_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_scatter_attributes *a = prepare->node->attributes;
    p->index = iou_element_index_of(x, prepare->in[INDICES], a->axis);
    p->combine = iou_combine_find(prepare->node, x->type);
    p->element = iou_type_size(x->type);
    p->size = x->count * p->element;
    *prepare->step = iou_scatter_step(scatter_elements_run, p);
    return IOU_OK;
}

const iou_op iou_op_scatter = {.name = "Scatter",
                               .widens = IOU_WIDENS_FLOATS,
                               .attributes_size = sizeof(iou_scatter_attributes),
                               .parse = iou_scatter_parse,
                               .infer = scatter_elements_infer,
                               .prepare = scatter_elements_prepare};
const iou_op iou_op_scatter_elements = {.name = "ScatterElements",
                                        .widens = IOU_WIDENS_FLOATS,
                                        .attributes_size = sizeof(iou_scatter_attributes),
                                        .parse = iou_scatter_parse,
                                        .infer = scatter_elements_infer,
                                        .prepare = scatter_elements_prepare};

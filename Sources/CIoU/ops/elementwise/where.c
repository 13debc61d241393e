/* Where: elements of the second input where the first is true, else of the third. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

typedef struct where_params {
    iou_iterator iterator;
    size_t size;
} where_params;

static iou_status where_value(const iou_infer *infer, iou_fact *out) {
    int counts[3];
    size_t count;
    if (!iou_fact_count(out, &count) || count > IOU_MAX_ELEMENTS) {
        return IOU_OK;
    }
    for (int i = 0; i < 3; i++) {
        counts[i] = iou_fact_value_count(infer->in[i]);
        if (counts[i] < 0 || (counts[i] != 1 && (size_t)counts[i] != count)) {
            return IOU_OK;
        }
    }
    iou_dim *elements = iou_infer_elements(infer, out, (int)count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < (int)count; i++) {
        const iou_dim condition = iou_fact_value(infer->in[0], counts[0] == 1 ? 0 : i);
        const int from = condition.known && condition.value != 0 ? 1 : 2;
        elements[i] = condition.known ? iou_fact_value(infer->in[from], counts[from] == 1 ? 0 : i)
                                      : iou_dim_unknown();
    }
    return IOU_OK;
}

static iou_status where_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 3, 3, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_bool));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_any));
    const iou_type same[] = {infer->in[1]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, 2, same[0] == IOU_TYPE_UNDEFINED ? iou_types_any : same));
    iou_fact shape = {0};
    IOU_TRY(iou_infer_broadcast(infer, infer->in[0], infer->in[1], &shape));
    infer->out[0].type = infer->in[1]->type;
    IOU_TRY(iou_infer_broadcast(infer, &shape, infer->in[2], &infer->out[0]));
    return where_value(infer, &infer->out[0]);
}

#define SELECT(type)                                                                               \
    do {                                                                                           \
        const type *a = (const type *)call->in[1] + offsets[1];                                    \
        const type *b = (const type *)call->in[2] + offsets[2];                                    \
        type *to = (type *)call->out[0] + at;                                                      \
        for (int64_t i = 0; i < (int64_t)n; i++) {                                                 \
            to[i] = condition[i * steps[0]] != 0 ? a[i * steps[1]] : b[i * steps[2]];              \
        }                                                                                          \
    } while (0)

static iou_status where_run(const iou_call *call, size_t task) {
    const where_params *p = call->params;
    const int64_t steps[] = {iou_iterator_step(&p->iterator, 0), iou_iterator_step(&p->iterator, 1),
                             iou_iterator_step(&p->iterator, 2)};
    size_t at, end;
    iou_chunk(task, p->iterator.count, &at, &end);
    while (at < end) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        const size_t n = iou_iterator_seek(&p->iterator, at, end, offsets);
        const uint8_t *condition = (const uint8_t *)call->in[0] + offsets[0];
        switch (p->size) {
        case 1: SELECT(uint8_t); break;
        case 2: SELECT(uint16_t); break;
        case 4: SELECT(uint32_t); break;
        default: SELECT(uint64_t); break;
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status where_prepare(const iou_prepare *prepare) {
    where_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->size = iou_type_size(prepare->out[0].type);
    iou_iterator_broadcast(&p->iterator, &prepare->out[0], prepare->in, 3);
    *prepare->step = (iou_step){.run = where_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->iterator.count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_where = {.name = "Where",
                             .layout = IOU_LAYOUT_ELEMENTWISE,
                             .infer = where_infer,
                             .prepare = where_prepare,
                             .accepts = IOU_ACCEPTS_STRINGS};

/* GatherElements: each output element has an index along an axis of its own. */
#include "ops/index/element_index.h"
#include "ops/facts.h"

typedef struct gather_elements_params {
    iou_element_index index;
    size_t size; /* of an element */
} gather_elements_params;

static iou_status gather_elements_parse(const iou_parse *parse) {
    return iou_axis_parse(parse, 0);
}

static iou_status gather_elements_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_index));
    const iou_axis_attribute *a = infer->node->attributes;
    IOU_TRY(iou_element_infer(infer, a->axis, infer->in[0], infer->in[1]));
    iou_fact_shape_like(&infer->out[0], infer->in[1]);
    infer->out[0].type = infer->in[0]->type;
    return IOU_OK;
}

#define GATHER(type)                                                                               \
    for (size_t i = 0; i < n; i++) {                                                               \
        int64_t position;                                                                          \
        IOU_TRY(iou_element_read(&p->index, call->in[1], at + i, &position, call->error));         \
        ((type *)call->out[0])[at + i] =                                                           \
            ((const type *)call->in[0])[from + (int64_t)i * step + position * p->index.stride];    \
    }                                                                                              \
    break

static iou_status gather_elements_run(const iou_call *call, size_t task) {
    const gather_elements_params *p = call->params;
    const int64_t step = iou_iterator_step(&p->index.iterator, 0);
    size_t at, end;
    iou_chunk(task, p->index.iterator.count, &at, &end);
    while (at < end) {
        int64_t offsets[IOU_ITERATOR_OPERANDS];
        const size_t n = iou_iterator_seek(&p->index.iterator, at, end, offsets);
        const int64_t from = offsets[0];
        switch (p->size) {
        case 1: GATHER(uint8_t);
        case 2: GATHER(uint16_t);
        case 4: GATHER(uint32_t);
        default: GATHER(uint64_t);
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status gather_elements_prepare(const iou_prepare *prepare) {
    gather_elements_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_axis_attribute *a = prepare->node->attributes;
    p->index = iou_element_index_of(prepare->in[0], prepare->in[1], a->axis);
    p->size = iou_type_size(prepare->in[0]->type);
    *prepare->step = (iou_step){.run = gather_elements_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->index.iterator.count),
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_gather_elements = {.name = "GatherElements",
                                       .attributes_size = sizeof(iou_axis_attribute),
                                       .parse = gather_elements_parse,
                                       .infer = gather_elements_infer,
                                       .prepare = gather_elements_prepare,
                                       .accepts = IOU_ACCEPTS_STRINGS};

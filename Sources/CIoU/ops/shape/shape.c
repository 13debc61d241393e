/* Shape and Size: known by inference; the run only writes what was prepared. */
#include "ops/facts.h"

#include <string.h>

typedef struct shape_params {
    int count;
    int64_t values[IOU_MAX_RANK];
} shape_params;

/* Of Shape, since opset 15. */
typedef struct shape_attributes {
    int64_t start, end;
} shape_attributes;

static iou_status shape_parse(const iou_parse *parse) {
    shape_attributes *a = parse->attributes;
    a->start = iou_attribute_int(parse->node, "start", 0);
    a->end = iou_attribute_int(parse->node, "end", IOU_MAX_RANK);
    return IOU_OK;
}

/* The dimensions first … last-1 that `start` and `end` choose, clamped to the rank. */
static void shape_range(const iou_node *node, int rank, int *first, int *last) {
    const shape_attributes *a = node->attributes;
    int64_t start = a->start, end = a->end;
    start = start < 0 ? start + rank : start;
    end = end < 0 ? end + rank : end;
    *first = (int)(start < 0 ? 0 : start > rank ? rank : start);
    *last = (int)(end < *first ? *first : end > rank ? rank : end);
}

static iou_status shape_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = IOU_INT64;
    out->rank = 1;
    out->dims[0] = iou_dim_unknown();
    if (x->rank < 0) {
        return IOU_OK;
    }
    int first, last;
    shape_range(infer->node, x->rank, &first, &last);
    iou_dim *elements = iou_infer_elements(infer, out, last - first);
    if (elements == NULL && last > first) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    out->dims[0] = iou_dim_number(last - first);
    for (int i = first; i < last; i++) {
        elements[i - first] = x->dims[i];
    }
    return IOU_OK;
}

static iou_status size_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = IOU_INT64;
    out->rank = 0;
    if (x->rank >= 0) {
        iou_dim *element = iou_infer_elements(infer, out, 1);
        if (element == NULL) {
            return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
        }
        *element = iou_fact_product(infer, x->dims, 0, x->rank);
    }
    return IOU_OK;
}

static iou_status shape_run(const iou_call *call, size_t task) {
    const shape_params *p = call->params;
    (void)task;
    memcpy(call->out[0], p->values, (size_t)p->count * sizeof p->values[0]);
    return IOU_OK;
}

static iou_status shape_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    shape_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    if (prepare->node->op == &iou_op_size) {
        p->count = 1;
        p->values[0] = (int64_t)x->count;
    } else {
        int first, last;
        shape_range(prepare->node, x->rank, &first, &last);
        p->count = last - first;
        memcpy(p->values, x->dims + first, (size_t)p->count * sizeof p->values[0]);
    }
    *prepare->step = (iou_step){
        .run = shape_run, .params = p, .task_count = 1, .algorithm = "known", .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_shape = {.name = "Shape",
                             .layout = IOU_LAYOUT_ELEMENTWISE,
                             .attributes_size = sizeof(shape_attributes),
                             .parse = shape_parse,
                             .infer = shape_infer,
                             .prepare = shape_prepare,
                             .accepts = IOU_ACCEPTS_STRINGS};
const iou_op iou_op_size = {.name = "Size",
                            .layout = IOU_LAYOUT_ELEMENTWISE,
                            .infer = size_infer,
                            .prepare = shape_prepare,
                            .accepts = IOU_ACCEPTS_STRINGS};

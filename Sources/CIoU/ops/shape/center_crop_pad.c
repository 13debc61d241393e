/* CenterCropPad: dimensions are cut or filled with zeros to given sizes, as much before as behind.
 */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct crop_attributes {
    iou_ints axes;
} crop_attributes;

typedef struct crop_params {
    int rank;
    size_t size, count; /* of an element; elements */
    int64_t in[IOU_MAX_RANK], out[IOU_MAX_RANK], shift[IOU_MAX_RANK];
} crop_params;

static iou_status crop_parse(const iou_parse *parse) {
    crop_attributes *a = parse->attributes;
    iou_ints_from_attribute(&a->axes, parse->node, "axes");
    return IOU_OK;
}

/* The axis that number `i` of the input `shape` is for. */
static iou_status axis_at(const iou_infer *infer, int i, int rank, int *axis) {
    const crop_attributes *a = infer->node->attributes;
    const bool given = a->axes.state == IOU_INTS_KNOWN;
    return iou_fact_axis(infer, given ? a->axes.values[i] : i, rank, axis);
}

static iou_status crop_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_index));
    const crop_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[0], *shape = infer->in[1];
    iou_fact *out = &infer->out[0];
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    const int expected = a->axes.state == IOU_INTS_KNOWN ? a->axes.count : x->rank;
    if ((shape->rank >= 0 && shape->rank != 1) || expected > x->rank ||
        (shape->rank == 1 && shape->dims[0].known && shape->dims[0].value != expected)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a size for each of %d axes of rank %d, found another shape",
                              expected, x->rank);
    }
    bool seen[IOU_MAX_RANK] = {false};
    iou_fact_shape_like(out, x);
    for (int i = 0; i < expected; i++) {
        int axis;
        IOU_TRY(axis_at(infer, i, x->rank, &axis));
        if (seen[axis]) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "axes: axis %d occurs twice", axis);
        }
        seen[axis] = true;
        const iou_dim size =
            iou_fact_value_count(shape) == expected ? iou_fact_value(shape, i) : iou_dim_unknown();
        if (size.known && size.value < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "shape: expected 0 or more, found %lld",
                                  (long long)size.value);
        }
        out->dims[axis] = size;
    }
    return IOU_OK;
}

static iou_status crop_run(const iou_call *call, size_t task) {
    const crop_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    for (; at < end; at++) {
        char *to = (char *)call->out[0] + at * p->size;
        int64_t from = 0, stride = 1;
        bool inside = true;
        size_t rest = at;
        for (int i = p->rank - 1; i >= 0; i--) {
            const int64_t place = (int64_t)(rest % (size_t)p->out[i]) + p->shift[i];
            rest /= (size_t)p->out[i];
            inside = inside && place >= 0 && place < p->in[i];
            from += place * stride;
            stride *= p->in[i];
        }
        if (inside) {
            memcpy(to, (const char *)call->in[0] + (size_t)from * p->size, p->size);
        } else {
            memset(to, 0, p->size);
        }
    }
    return IOU_OK;
}

static iou_status crop_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0], *y = &prepare->out[0];
    crop_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->rank = x->rank;
    p->size = iou_type_size(x->type);
    p->count = y->count;
    for (int i = 0; i < p->rank; i++) {
        p->in[i] = x->dims[i];
        p->out[i] = y->dims[i];
        const bool crops = p->in[i] > p->out[i];
        p->shift[i] = crops ? (p->in[i] - p->out[i]) / 2 : -((p->out[i] - p->in[i]) / 2);
    }
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : crop_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_center_crop_pad = {.name = "CenterCropPad",
                                       .attributes_size = sizeof(crop_attributes),
                                       .parse = crop_parse,
                                       .infer = crop_infer,
                                       .prepare = crop_prepare};

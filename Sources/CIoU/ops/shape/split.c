/* Split: consecutive parts along an axis. Sizes: attribute before opset 13, then input. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

enum { SPLIT_TASK = 65536 }; /* bytes of the input, of which a task takes one part */

typedef struct split_params {
    size_t parts, rows, rows_per_task;
    size_t row;      /* bytes of the input for one index of the outer dimensions */
    size_t starts[]; /* of each part within a row, and the end */
} split_params;

typedef struct split_attributes {
    int64_t axis;
    iou_ints sizes;
} split_attributes;

static iou_status split_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    split_attributes *a = parse->attributes;
    const int64_t outputs = iou_attribute_int(node, "num_outputs", node->output_count);
    if (node->opset >= 18 && outputs != node->output_count) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "num_outputs is %lld, there are %d",
                              (long long)outputs, node->output_count);
    }
    a->axis = iou_attribute_int(node, "axis", 0);
    iou_ints_from_attribute(&a->sizes, node, "split");
    return IOU_OK;
}

/* Equal parts; the last may be smaller where `num_outputs` (opset 18) says so. */
static bool equal_sizes(const iou_node *node, int64_t extent, int parts, int64_t *size) {
    *size = extent / parts + (extent % parts != 0);
    return extent % parts == 0 || (node->opset >= 18 && *size * (parts - 1) <= extent);
}

static iou_status split_dims(const iou_infer *infer, const iou_ints *sizes, int axis) {
    const int parts = infer->node->output_count;
    const iou_dim extent = infer->in[0]->dims[axis];
    int64_t sum = 0, size = 0;
    if (sizes->state == IOU_INTS_KNOWN && sizes->count != parts) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%d sizes for %d outputs", sizes->count, parts);
    }
    if (sizes->state == IOU_INTS_ABSENT && extent.known &&
        !equal_sizes(infer->node, extent.value, parts, &size)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "dimension %d of %lld has no %d equal parts",
                              axis, (long long)extent.value, parts);
    }
    for (int i = 0; i < parts; i++) {
        iou_dim *dim = &infer->out[i].dims[axis];
        *dim = iou_dim_unknown();
        if (sizes->state == IOU_INTS_KNOWN) {
            *dim = iou_dim_number(sizes->values[i]);
            if (dim->value < 0 || __builtin_add_overflow(sum, dim->value, &sum)) {
                return iou_infer_fail(infer, IOU_BAD_MODEL, "size %lld of part %d",
                                      (long long)dim->value, i);
            }
        } else if (sizes->state == IOU_INTS_ABSENT && extent.known) {
            *dim = iou_dim_number(i + 1 < parts ? size : extent.value - size * (parts - 1));
        } else if (sizes->state == IOU_INTS_ABSENT && extent.symbol != NULL) {
            *dim = iou_infer_floor_div(infer, extent, parts);
        }
    }
    if (sizes->state == IOU_INTS_KNOWN && extent.known && sum != extent.value) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "sizes sum to %lld, dimension %d is %lld",
                              (long long)sum, axis, (long long)extent.value);
    }
    return IOU_OK;
}

static iou_status split_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const split_attributes *a = node->attributes;
    const bool input = node->opset >= 13 || node->opset < 2;
    iou_ints sizes = a->sizes;
    IOU_TRY(iou_fact_begin(infer, 1, input ? 2 : 1, INT32_MAX));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    if (node->opset >= 13) {
        iou_ints_from_fact(&sizes, iou_fact_in(infer, 1));
    }
    for (int i = 0; i < node->output_count; i++) {
        iou_fact_like(&infer->out[i], x);
    }
    if (x->rank < 0) {
        return IOU_OK;
    }
    int axis;
    IOU_TRY(iou_fact_axis(infer, a->axis, x->rank, &axis));
    return split_dims(infer, &sizes, axis);
}

static iou_status split_run(const iou_call *call, size_t task) {
    const split_params *p = call->params;
    const size_t part = task % p->parts, first = task / p->parts * p->rows_per_task;
    const size_t end = iou_size_min(first + p->rows_per_task, p->rows);
    const size_t width = p->starts[part + 1] - p->starts[part];
    for (size_t row = first; row < end; row++) {
        memcpy((char *)call->out[part] + row * width,
               (const char *)call->in[0] + row * p->row + p->starts[part], width);
    }
    return IOU_OK;
}

static iou_status split_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    const int parts = prepare->node->output_count;
    split_params *p =
        iou_prepare_alloc(prepare, sizeof *p + ((size_t)parts + 1) * sizeof p->starts[0]);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const int64_t given = ((const split_attributes *)prepare->node->attributes)->axis;
    const int axis = (int)(given < 0 ? given + x->rank : given);
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(x, strides);
    const size_t inner = (size_t)strides[axis] * iou_type_size(x->type);
    p->parts = (size_t)parts;
    p->row = inner * (size_t)x->dims[axis];
    for (int i = 0; i < parts; i++) {
        const bool present = prepare->node->outputs[i] != IOU_NO_VALUE;
        if (!present) {
            return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "output %d is absent", i);
        }
        p->starts[i + 1] = p->starts[i] + (size_t)prepare->out[i].dims[axis] * inner;
    }
    const size_t total = x->count * iou_type_size(x->type);
    p->rows = p->row == 0 ? 0 : total / p->row;
    p->rows_per_task = iou_size_max(1, SPLIT_TASK / iou_size_max(p->row, 1));
    *prepare->step = (iou_step){
        .run = split_run,
        .params = p,
        .task_count = p->parts * iou_size_max(1, iou_divide_up(p->rows, p->rows_per_task)),
        .algorithm = "copy",
        .isa = "scalar"};
    return IOU_OK;
}

static bool split_splits(const iou_node *node, const iou_fact *facts, iou_range *range) {
    const int64_t axis = ((const split_attributes *)node->attributes)->axis;
    const int rank = facts[node->inputs[0]].rank;
    *range = (iou_range){.axis = (int)(axis < 0 ? axis + rank : axis)};
    return true;
}

const iou_op iou_op_split = {.name = "Split",
                             .layout = IOU_LAYOUT_FOLLOWS,
                             .attributes_size = sizeof(split_attributes),
                             .parse = split_parse,
                             .infer = split_infer,
                             .prepare = split_prepare,
                             .splits = split_splits,
                             .accepts = IOU_ACCEPTS_STRINGS};

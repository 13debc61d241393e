/* Slice: attributes in opset 1, inputs since 10. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct slice_lists {
    iou_ints starts, ends, axes, steps;
} slice_lists;

static bool is_known(const iou_ints *ints) {
    return ints->state != IOU_INTS_UNKNOWN;
}

/* Wraps and clamps as ONNX says; returns the first element and sets the number of them. */
static int64_t clamp_range(int64_t size, int64_t start, int64_t end, int64_t step, int64_t *count) {
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    start = start < 0 ? start + size : start;
    end = end < 0 ? end + size : end;
    start = start < 0 ? 0 : start > high ? high : start;
    end = end < low ? low : end > size ? size : end;
    const int64_t distance = step > 0 ? end - start : start - end;
    /* the smallest step has no positive counterpart in int64 */
    const uint64_t pace = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    *count = distance <= 0 ? 0 : (int64_t)(((uint64_t)distance - 1) / pace) + 1;
    return start;
}

/* The dimension that is left of a symbol; unknown where it depends on the number behind it. */
static iou_dim symbolic_range(const iou_infer *infer, iou_dim size, int64_t start, int64_t end,
                              int64_t step, int axis) {
    const bool whole = end >= INT32_MAX;
    if (step == 1 && start >= 0 && start < INT32_MAX && whole) {
        return iou_infer_add(infer, size, -start);
    }
    if (step == 1 && start >= 0 && start < INT32_MAX && end < 0 && end > -INT32_MAX) {
        return iou_infer_add(infer, size, end - start);
    }
    if (step == 1 && start < 0 && start > -INT32_MAX && end < 0 && end > start) {
        return iou_dim_number(end - start);
    }
    if (step == -1 && (start == -1 || start >= INT32_MAX) && end < -INT32_MAX) {
        return size;
    }
    return iou_fact_new_symbol(infer, axis);
}

/* The lists of a node before opset 10; later nodes, which have none, keep no room for them. */
typedef struct slice_attributes {
    const slice_lists *lists;
} slice_attributes;

static iou_status slice_parse(const iou_parse *parse) {
    if (parse->node->opset >= 10) {
        return IOU_OK;
    }
    slice_lists *lists = iou_arena_alloc(parse->memory, sizeof *lists);
    if (lists == NULL) {
        return iou_parse_fail(parse, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_ints_from_attribute(&lists->starts, parse->node, "starts");
    iou_ints_from_attribute(&lists->ends, parse->node, "ends");
    iou_ints_from_attribute(&lists->axes, parse->node, "axes");
    ((slice_attributes *)parse->attributes)->lists = lists;
    return IOU_OK;
}

static iou_status check_lists(const iou_infer *infer, const slice_lists *lists, int rank) {
    const int count = lists->starts.count;
    const bool steps = lists->steps.state == IOU_INTS_KNOWN;
    const bool axes = lists->axes.state == IOU_INTS_KNOWN;
    if (lists->starts.state == IOU_INTS_ABSENT || lists->ends.state == IOU_INTS_ABSENT) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected starts and ends, found one of them or none");
    }
    if (count > rank || lists->ends.count != count || (steps && lists->steps.count != count) ||
        (axes && lists->axes.count != count)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "%d starts, %d ends, %d axes and %d steps for rank %d", count,
                              lists->ends.count, axes ? lists->axes.count : count,
                              steps ? lists->steps.count : count, rank);
    }
    bool seen[IOU_MAX_RANK] = {false};
    for (int i = 0; i < count; i++) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, axes ? lists->axes.values[i] : i, rank, &axis));
        if (seen[axis]) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "axis %d is given twice", axis);
        }
        seen[axis] = true;
        if (steps && lists->steps.values[i] == 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "step 0 on axis %d", axis);
        }
    }
    return IOU_OK;
}

static int list_axis(const slice_lists *lists, int i, int rank) {
    const int64_t axis = lists->axes.state == IOU_INTS_KNOWN ? lists->axes.values[i] : i;
    return (int)(axis < 0 ? axis + rank : axis);
}

static int64_t list_step(const slice_lists *lists, int i) {
    return lists->steps.state == IOU_INTS_KNOWN ? lists->steps.values[i] : 1;
}

static iou_status slice_value(const iou_infer *infer, iou_fact *out, const slice_lists *lists) {
    const iou_fact *x = infer->in[0];
    const int have = iou_fact_value_count(x);
    if (have < 0 || x->rank != 1) {
        return IOU_OK;
    }
    int64_t count = have, start = 0, step = 1;
    if (lists->starts.count == 1) {
        step = list_step(lists, 0);
        start = clamp_range(have, lists->starts.values[0], lists->ends.values[0], step, &count);
    }
    iou_dim *elements = iou_infer_elements(infer, out, (int)count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int64_t i = 0; i < count; i++) {
        elements[i] = iou_fact_value(x, (int)(start + i * step));
    }
    return IOU_OK;
}

static iou_status slice_shape(const iou_infer *infer, iou_fact *out, const slice_lists *lists) {
    const iou_fact *x = infer->in[0];
    IOU_TRY(check_lists(infer, lists, x->rank));
    for (int i = 0; i < lists->starts.count; i++) {
        const int axis = list_axis(lists, i, x->rank);
        const int64_t start = lists->starts.values[i], end = lists->ends.values[i];
        const int64_t step = list_step(lists, i);
        const iou_dim size = x->dims[axis];
        int64_t count;
        if (size.known) {
            (void)clamp_range(size.value, start, end, step, &count);
            out->dims[axis] = iou_dim_number(count);
        } else if (size.symbol != NULL) {
            out->dims[axis] = symbolic_range(infer, size, start, end, step, axis);
        }
    }
    return slice_value(infer, out, lists);
}

static iou_status slice_infer(const iou_infer *infer) {
    const bool attributes = infer->node->opset < 10;
    slice_lists lists;
    IOU_TRY(iou_fact_begin(infer, attributes ? 1 : 3, attributes ? 1 : 5, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    if (attributes) {
        lists = *((const slice_attributes *)infer->node->attributes)->lists;
    } else {
        iou_ints *const each[] = {&lists.starts, &lists.ends, &lists.axes, &lists.steps};
        for (int i = 1; i <= 4; i++) {
            iou_ints_from_fact(each[i - 1], iou_fact_in(infer, i));
            if (iou_fact_in(infer, i) != NULL) {
                IOU_TRY(iou_infer_type(infer, i, iou_types_index));
            }
        }
    }
    out->type = x->type;
    if (x->rank < 0) {
        return IOU_OK;
    }
    iou_fact_shape_like(out, x);
    if (is_known(&lists.starts) && is_known(&lists.ends) && is_known(&lists.axes) &&
        is_known(&lists.steps)) {
        return slice_shape(infer, out, &lists);
    }
    for (int i = 0; i < x->rank; i++) {
        const bool spared = lists.axes.state == IOU_INTS_KNOWN;
        out->dims[i] = spared ? out->dims[i] : iou_dim_unknown();
    }
    for (int i = 0; i < lists.axes.count && i < IOU_MAX_ELEMENTS; i++) {
        int axis;
        IOU_TRY(iou_fact_axis(infer, lists.axes.values[i], x->rank, &axis));
        out->dims[axis] = iou_dim_unknown();
    }
    return IOU_OK;
}

static iou_status slice_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    slice_lists lists;
    if (prepare->node->opset < 10) {
        lists = *((const slice_attributes *)prepare->node->attributes)->lists;
    } else {
        iou_ints_from_operand(&lists.starts, prepare->in[1]);
        iou_ints_from_operand(&lists.ends, prepare->in[2]);
        iou_ints_from_operand(&lists.axes, iou_operand_in(prepare, 3));
        iou_ints_from_operand(&lists.steps, iou_operand_in(prepare, 4));
    }
    if (!is_known(&lists.starts) || !is_known(&lists.ends) || !is_known(&lists.axes) ||
        !is_known(&lists.steps)) {
        return iou_prepare_unknown(prepare, "starts, ends, axes and steps");
    }
    int64_t strides[IOU_MAX_RANK], base = 0;
    int order[IOU_MAX_RANK], at[IOU_MAX_RANK];
    iou_memory_strides(x, strides);
    iou_memory_order(x->rank, prepare->out[0].layout, order);
    iou_iterator iterator = {.rank = x->rank, .operands = 1};
    for (int i = 0; i < x->rank; i++) {
        at[order[i]] = i;
        iterator.dims[i] = x->dims[order[i]];
        iterator.strides[0][i] = strides[order[i]];
    }
    for (int i = 0; i < lists.starts.count; i++) {
        const int axis = list_axis(&lists, i, x->rank);
        const int64_t step = list_step(&lists, i);
        int64_t count;
        const int64_t start =
            clamp_range(x->dims[axis], lists.starts.values[i], lists.ends.values[i], step, &count);
        iterator.dims[at[axis]] = count;
        base += start * strides[axis];
        iterator.strides[0][at[axis]] = count > 1 ? step * strides[axis] : 0;
    }
    iou_iterator_finish(&iterator);
    return iou_prepare_gather(prepare, &iterator, 0, base);
}

/* Whether it takes a range along one axis, all of the others. */
static bool slice_splits(const iou_node *node, const iou_fact *facts, iou_range *range) {
    const iou_fact *x = &facts[node->inputs[0]];
    slice_lists lists;
    if (node->opset < 10) {
        lists = *((const slice_attributes *)node->attributes)->lists;
    } else {
        iou_ints *const each[] = {&lists.starts, &lists.ends, &lists.axes, &lists.steps};
        for (int i = 1; i <= 4; i++) {
            const int value = i < node->input_count ? node->inputs[i] : IOU_NO_VALUE;
            iou_ints_from_fact(each[i - 1], value >= 0 ? &facts[value] : NULL);
        }
    }
    *range = (iou_range){.axis = -1};
    bool known = lists.starts.state == IOU_INTS_KNOWN && lists.ends.state == IOU_INTS_KNOWN &&
                 is_known(&lists.axes) && is_known(&lists.steps);
    for (int i = 0; known && i < lists.starts.count; i++) {
        const int axis = list_axis(&lists, i, x->rank);
        const int64_t size = x->dims[axis].value, step = list_step(&lists, i);
        int64_t count;
        const int64_t first =
            clamp_range(size, lists.starts.values[i], lists.ends.values[i], step, &count);
        if (count == size && step > 0) {
            continue;
        }
        known = range->axis < 0 && step == 1;
        *range = (iou_range){axis, first};
    }
    return known && range->axis >= 0;
}

/* Bytes in the place of floats are moved as well. */
static bool slice_moves(const iou_node *node) {
    (void)node;
    return true;
}

const iou_op iou_op_slice = {.name = "Slice",
                             .layout = IOU_LAYOUT_FOLLOWS,
                             .attributes_size = sizeof(slice_attributes),
                             .parse = slice_parse,
                             .infer = slice_infer,
                             .prepare = slice_prepare,
                             .splits = slice_splits,
                             .accepts = IOU_ACCEPTS_STRINGS,
                             .moves = slice_moves};

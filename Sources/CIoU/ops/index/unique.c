/*
 * Unique: the different elements, or slices along an axis, sorted or in the order of their first
 * occurrence; where each occurs first, which one each is, and how many there are of each.
 */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/index/order.h"
#include "ops/rows.h"

#include <string.h>

enum { Y, FIRST, INVERSE, COUNTS, OUTPUTS };

typedef struct unique_attributes {
    iou_axis_attribute axis; /* absent: the elements of the flattened input */
    bool sorted;
} unique_attributes;

typedef struct unique_params {
    iou_order order;
    iou_axis axis;
    bool sorted, given[OUTPUTS];
    size_t size; /* of an element */
    int along;
    int64_t dims[IOU_MAX_RANK];
} unique_params;

static iou_status unique_parse(const iou_parse *parse) {
    unique_attributes *a = parse->attributes;
    IOU_TRY(iou_parse_flag(parse, "sorted", true, &a->sorted));
    a->axis.given = iou_attribute_present(parse->node, "axis");
    a->axis.axis = iou_attribute_int(parse->node, "axis", 0);
    return IOU_OK;
}

static void infer_vector(const iou_infer *infer, int output, iou_dim length) {
    if (output < infer->node->output_count) {
        infer->out[output].type = IOU_INT64;
        infer->out[output].rank = 1;
        infer->out[output].dims[0] = length;
    }
}

static iou_status unique_infer(const iou_infer *infer) {
    static const iou_type types[] = {IOU_FLOAT, IOU_DOUBLE,        IOU_FLOAT16, IOU_BFLOAT16,
                                     IOU_INT8,  IOU_INT16,         IOU_INT32,   IOU_INT64,
                                     IOU_UINT8, IOU_UINT16,        IOU_UINT32,  IOU_UINT64,
                                     IOU_BOOL,  IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, 1, OUTPUTS));
    IOU_TRY(iou_infer_type(infer, 0, types));
    const unique_attributes *a = infer->node->attributes;
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[Y];
    iou_dim all = iou_dim_unknown(), found = iou_fact_new_symbol(infer, 0);
    int axis = 0;
    out->type = x->type;
    if (!a->axis.given) {
        out->rank = 1;
        all = x->rank < 0 ? all : iou_fact_product(infer, x->dims, 0, x->rank);
    } else if (x->rank >= 0) {
        IOU_TRY(iou_fact_axis(infer, a->axis.axis, x->rank, &axis));
        iou_fact_shape_like(out, x);
        all = x->dims[axis];
    }
    found = infer->largest ? all : found;
    if (out->rank >= 0) {
        out->dims[axis] = found;
    }
    infer_vector(infer, FIRST, found);
    infer_vector(infer, INVERSE, all);
    infer_vector(infer, COUNTS, found);
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* A slice: its elements' keys one after the other, compared as a text is. */
static int compare_slices(const unique_params *p, const uint64_t *keys, size_t a, size_t b) {
    const size_t length = p->axis.outer * p->axis.inner;
    const uint64_t *left = keys + a * length, *right = keys + b * length;
    for (size_t i = 0; i < length; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Sorts slice numbers by merging longer and longer runs; equal ones stay in order. */
static size_t *sort_slices(const unique_params *p, const uint64_t *keys, size_t *items,
                           size_t *spare) {
    const size_t n = p->axis.extent;
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t first = 0; first < n; first += 2 * run) {
            const size_t middle = iou_size_min(first + run, n);
            const size_t end = iou_size_min(first + 2 * run, n);
            size_t a = first, b = middle;
            for (size_t to = first; to < end; to++) {
                const bool left =
                    a < middle && (b == end || compare_slices(p, keys, items[a], items[b]) <= 0);
                spare[to] = items[left ? a++ : b++];
            }
        }
        size_t *const kept = items;
        items = spare;
        spare = kept;
    }
    return items;
}

static void read_keys(const unique_params *p, const void *x, uint64_t *keys) {
    const size_t length = p->axis.outer * p->axis.inner;
    for (size_t o = 0; o < p->axis.outer; o++) {
        for (size_t e = 0; e < p->axis.extent; e++) {
            for (size_t i = 0; i < p->axis.inner; i++) {
                const size_t at = (o * p->axis.extent + e) * p->axis.inner + i;
                uint64_t key[IOU_KEYS];
                iou_order_keys(&p->order, (const char *)x + at * p->size, 1, 1, key);
                keys[e * length + o * p->axis.inner + i] = key[0];
            }
        }
    }
}

/* Numbers the different slices in the order of their first occurrence: group[e] is that of slice e.
 */
static size_t renumber(size_t n, size_t *group, size_t *number, size_t found) {
    size_t next = 0;
    for (size_t g = 0; g < found; g++) {
        number[g] = SIZE_MAX;
    }
    for (size_t e = 0; e < n; e++) {
        if (number[group[e]] == SIZE_MAX) {
            number[group[e]] = next++;
        }
        group[e] = number[group[e]];
    }
    return next;
}

/* The group of each slice; returns how many there are. */
static size_t group_slices(const unique_params *p, const uint64_t *keys, size_t *memory,
                           size_t *group) {
    const size_t n = p->axis.extent;
    for (size_t e = 0; e < n; e++) {
        memory[e] = e;
    }
    const size_t *sorted = sort_slices(p, keys, memory, memory + n);
    size_t found = 0;
    for (size_t k = 0; k < n; k++) {
        found += k == 0 || compare_slices(p, keys, sorted[k - 1], sorted[k]) != 0;
        group[sorted[k]] = found - 1;
    }
    return p->sorted ? found : renumber(n, group, memory, found);
}

static void copy_slice(const unique_params *p, const iou_call *call, size_t from, size_t to,
                       size_t found) {
    const size_t bytes = p->axis.inner * p->size;
    for (size_t o = 0; o < p->axis.outer; o++) {
        memcpy((char *)call->out[Y] + (o * found + to) * bytes,
               (const char *)call->in[0] + (o * p->axis.extent + from) * bytes, bytes);
    }
}

static void set_length(const unique_params *p, const iou_call *call, int output, size_t length) {
    if (p->given[output]) {
        call->out_dims[output][0] = (int64_t)length;
    }
}

static iou_status unique_run(const iou_call *call, size_t task) {
    const unique_params *p = call->params;
    const size_t n = p->axis.extent, length = p->axis.outer * p->axis.inner;
    uint64_t *keys = call->scratch;
    size_t *memory = (size_t *)(void *)(keys + n * length);
    size_t *group = memory + 2 * n;
    (void)task;
    read_keys(p, call->in[0], keys);
    const size_t found = group_slices(p, keys, memory, group);
    size_t *counts = memory;
    memset(counts, 0, found * sizeof *counts);
    for (size_t e = 0; e < n; e++) {
        const size_t g = group[e];
        if (counts[g]++ == 0) {
            copy_slice(p, call, e, g, found);
            if (p->given[FIRST]) {
                ((int64_t *)call->out[FIRST])[g] = (int64_t)e;
            }
        }
        if (p->given[INVERSE]) {
            ((int64_t *)call->out[INVERSE])[e] = (int64_t)g;
        }
    }
    for (size_t g = 0; g < found && p->given[COUNTS]; g++) {
        ((int64_t *)call->out[COUNTS])[g] = (int64_t)counts[g];
    }
    memcpy(call->out_dims[Y], p->dims, sizeof p->dims);
    call->out_dims[Y][p->along] = (int64_t)found;
    set_length(p, call, FIRST, found);
    set_length(p, call, INVERSE, n);
    set_length(p, call, COUNTS, found);
    return IOU_OK;
}

static iou_status unique_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const unique_attributes *a = node->attributes;
    const iou_operand *x = prepare->in[0];
    unique_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->order = (iou_order){x->type, 0, UINT64_MAX};
    p->axis = (iou_axis){1, x->count, 1};
    if (a->axis.given) {
        p->axis = iou_axis_of(x, a->axis.axis);
        p->along = (int)(a->axis.axis < 0 ? a->axis.axis + x->rank : a->axis.axis);
        memcpy(p->dims, x->dims, sizeof p->dims);
    }
    p->sorted = a->sorted;
    p->size = iou_type_size(x->type);
    for (int i = 0; i < node->output_count; i++) {
        p->given[i] = node->outputs[i] != IOU_NO_VALUE;
    }
    const size_t words = 3 * p->axis.extent;
    if (x->count > SIZE_MAX / 64 || words > SIZE_MAX / 64) {
        return iou_prepare_fail(prepare, IOU_LIMIT, "%zu elements are too many", x->count);
    }
    *prepare->step =
        (iou_step){.run = unique_run,
                   .params = p,
                   .task_count = 1,
                   .scratch_size = x->count * sizeof(uint64_t) + words * sizeof(size_t),
                   .algorithm = "sort",
                   .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_unique = {.name = "Unique",
                              .attributes_size = sizeof(unique_attributes),
                              .parse = unique_parse,
                              .infer = unique_infer,
                              .prepare = unique_prepare};

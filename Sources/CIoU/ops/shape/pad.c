/* Pad: constant, edge, reflect and wrap; negative pads crop. */
#include "ops/facts.h"
#include "ops/strided_iterator.h"

#include <string.h>

enum { PAD_LIMIT = 1 << 30 };

typedef enum pad_mode { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP } pad_mode;

typedef struct pad_rule {
    pad_mode mode;
    bool known; /* begin and end hold */
    int64_t begin[IOU_MAX_RANK], end[IOU_MAX_RANK];
} pad_rule;

typedef struct pad_attributes {
    pad_mode mode;
    iou_ints pads; /* and the constant, before opset 11 */
    float value;
} pad_attributes;

static iou_status pad_parse(const iou_parse *parse) {
    static const char *const names[] = {"constant", "edge", "reflect", "wrap"};
    const iou_node *node = parse->node;
    pad_attributes *a = parse->attributes;
    char text[16];
    iou_ints_from_attribute(&a->pads, node, node->opset < 2 ? "paddings" : "pads");
    a->value = iou_attribute_float(node, "value", 0.0f);
    a->mode = PAD_CONSTANT;
    if (!iou_attribute_string(node, "mode", text, sizeof text)) {
        return IOU_OK;
    }
    for (int i = 0; i < 4; i++) {
        if (strcmp(names[i], text) == 0) {
            a->mode = (pad_mode)i;
            return IOU_OK;
        }
    }
    return iou_parse_fail(parse, IOU_BAD_MODEL, "mode must be constant, edge, reflect or wrap");
}

/* Expands pads (begins, then ends, of the axes) over all dimensions. */
static const char *expand_pads(pad_rule *rule, const iou_ints *pads, const iou_ints *axes,
                               int rank) {
    const int count = axes->state == IOU_INTS_ABSENT ? rank : axes->count;
    bool seen[IOU_MAX_RANK] = {false};
    rule->known = pads->state == IOU_INTS_KNOWN && axes->state != IOU_INTS_UNKNOWN;
    memset(rule->begin, 0, sizeof rule->begin);
    memset(rule->end, 0, sizeof rule->end);
    if (!rule->known) {
        return NULL;
    }
    if (count > rank || pads->count != 2 * count) {
        return "pads must have a begin and an end for every axis";
    }
    for (int i = 0; i < count; i++) {
        int64_t axis = axes->state == IOU_INTS_ABSENT ? i : axes->values[i];
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank || seen[axis]) {
            return "axes must be different dimensions of the input";
        }
        seen[axis] = true;
        rule->begin[axis] = pads->values[i];
        rule->end[axis] = pads->values[count + i];
        for (int k = 0; k < 2; k++) {
            const int64_t pad = pads->values[k * count + i];
            if (pad < -PAD_LIMIT || pad > PAD_LIMIT) {
                return "pads must be -2^30 … 2^30";
            }
        }
    }
    return NULL;
}

static iou_status check_size(const iou_infer *infer, const pad_rule *rule, int axis, int64_t size) {
    const int64_t begin = rule->begin[axis], end = rule->end[axis];
    const int64_t most = begin > end ? begin : end;
    const int64_t left = size + (begin < 0 ? begin : 0) + (end < 0 ? end : 0);
    const bool too_far = (rule->mode == PAD_REFLECT && most >= left && most > 0) ||
                         (rule->mode != PAD_CONSTANT && left <= 0 && most > 0) ||
                         (rule->mode == PAD_WRAP && most > left && most > 0);
    if (size > INT64_MAX / 4 || size + begin + end < 0 || too_far) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "pads %lld and %lld for dimension %d of %lld",
                              (long long)begin, (long long)end, axis, (long long)size);
    }
    return IOU_OK;
}

/* The value has the data's type, which says how many of its bytes are read. */
static iou_status check_value(const iou_infer *infer) {
    const iou_fact *value = iou_fact_in(infer, 2);
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    size_t count;
    if (value == NULL) {
        return IOU_OK;
    }
    if (same[0] != IOU_TYPE_UNDEFINED) {
        IOU_TRY(iou_infer_type(infer, 2, same));
    }
    return iou_fact_count(value, &count) && count != 1
               ? iou_infer_fail(infer, IOU_BAD_MODEL, "the value must be one number, it has %zu",
                                count)
               : IOU_OK;
}

static iou_status pad_infer(const iou_infer *infer) {
    const iou_node *node = infer->node;
    const pad_attributes *a = node->attributes;
    const bool attributes = node->opset < 11;
    const iou_fact *x;
    iou_fact *out = &infer->out[0];
    pad_rule rule = {.mode = a->mode};
    iou_ints pads = a->pads, axes = {.state = IOU_INTS_ABSENT};
    IOU_TRY(iou_fact_begin(infer, attributes ? 1 : 2, attributes ? 1 : 4, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    x = infer->in[0];
    out->type = x->type;
    IOU_TRY(check_value(infer));
    if (!attributes) {
        IOU_TRY(iou_infer_type(infer, 1, iou_types_i64));
        iou_ints_from_fact(&pads, infer->in[1]);
        iou_ints_from_fact(&axes, iou_fact_in(infer, 3));
    }
    if (x->rank < 0) {
        return IOU_OK;
    }
    const char *problem = expand_pads(&rule, &pads, &axes, x->rank);
    if (problem != NULL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "%s", problem);
    }
    out->rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        if (rule.known && x->dims[i].known) {
            IOU_TRY(check_size(infer, &rule, i, x->dims[i].value));
        }
        out->dims[i] = rule.known ? iou_infer_add(infer, x->dims[i], rule.begin[i] + rule.end[i])
                                  : iou_dim_unknown();
    }
    return IOU_OK;
}

typedef struct pad_params {
    int rank;
    size_t size, rows, rows_per_task;
    int64_t out[IOU_MAX_RANK], strides[IOU_MAX_RANK];
    int64_t *index[IOU_MAX_RANK]; /* element of the input; -1: the constant */
    bool has_input;               /* the constant is input 2, if that is there */
    float value;                  /* attribute, before opset 11 */
    iou_type type;
} pad_params;

/* Negative pads crop first: what is left, first … last-1, is what the modes repeat. */
static int64_t source(pad_mode mode, int64_t at, int64_t first, int64_t last) {
    if (at >= first && at < last) {
        return at;
    }
    switch (mode) {
    case PAD_CONSTANT: return -1;
    case PAD_EDGE: return at < first ? first : last - 1;
    case PAD_WRAP: return at < first ? at + (last - first) : at - (last - first);
    default: return at < first ? 2 * first - at : 2 * (last - 1) - at;
    }
}

static void constant_bytes(const pad_params *p, const iou_call *call, unsigned char value[8]) {
    memset(value, 0, 8);
    if (p->has_input && call->in[2] != NULL) {
        memcpy(value, call->in[2], p->size);
    } else if (p->type == IOU_FLOAT) {
        memcpy(value, &p->value, sizeof p->value);
    } else if (p->type == IOU_DOUBLE) {
        const double wide = (double)p->value;
        memcpy(value, &wide, sizeof wide);
    }
}

/* The offset of the row in the input, or -1 where all of it is the constant. */
static int64_t row_source(const pad_params *p, size_t row) {
    int64_t offset = 0;
    for (int i = p->rank - 2; i >= 0; i--) {
        const int64_t from = p->index[i][row % (size_t)p->out[i]];
        row /= (size_t)p->out[i];
        if (from < 0) {
            return -1;
        }
        offset += from * p->strides[i];
    }
    return offset;
}

static iou_status pad_run(const iou_call *call, size_t task) {
    const pad_params *p = call->params;
    const size_t first = task * p->rows_per_task, left = p->rows - first;
    const size_t end = left < p->rows_per_task ? p->rows : first + p->rows_per_task;
    const int last = p->rank - 1;
    unsigned char value[8];
    constant_bytes(p, call, value);
    for (size_t row = first; row < end; row++) {
        const int64_t from = row_source(p, row);
        char *to = (char *)call->out[0] + row * (size_t)p->out[last] * p->size;
        for (int64_t i = 0; i < p->out[last];) {
            const int64_t at = from < 0 ? -1 : p->index[last][i];
            int64_t n = 1; /* consecutive elements go at once */
            while (at >= 0 && i + n < p->out[last] && p->index[last][i + n] == at + n) {
                n++;
            }
            memcpy(to + (size_t)i * p->size,
                   at < 0 ? (const char *)value
                          : (const char *)call->in[0] + (size_t)(from + at) * p->size,
                   (size_t)n * p->size);
            i += n;
        }
    }
    return IOU_OK;
}

/* In the order of memory. */
static iou_status fill_indices(const iou_prepare *prepare, pad_params *p, const pad_rule *rule) {
    const iou_operand *x = prepare->in[0];
    int64_t strides[IOU_MAX_RANK];
    int order[IOU_MAX_RANK];
    iou_memory_strides(x, strides);
    iou_memory_order(x->rank, x->layout, order);
    for (int i = 0; i < x->rank; i++) {
        const int axis = order[i];
        p->strides[i] = strides[axis];
        p->out[i] = prepare->out[0].dims[axis];
        p->index[i] = iou_prepare_alloc(prepare, (size_t)(p->out[i] + 1) * sizeof *p->index[i]);
        if (p->index[i] == NULL) {
            return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
        }
        const int64_t begin = rule->begin[axis], end = rule->end[axis];
        const int64_t first = begin < 0 ? -begin : 0, last = x->dims[axis] + (end < 0 ? end : 0);
        for (int64_t o = 0; o < p->out[i]; o++) {
            p->index[i][o] = source(rule->mode, o - begin, first, last);
        }
    }
    return IOU_OK;
}

static iou_status pad_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    const bool attributes = prepare->node->opset < 11;
    const pad_attributes *a = prepare->node->attributes;
    pad_rule rule = {.mode = a->mode};
    iou_ints pads = a->pads, axes = {.state = IOU_INTS_ABSENT};
    pad_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    if (!attributes) {
        iou_ints_from_operand(&pads, prepare->in[1]);
        iou_ints_from_operand(&axes, iou_operand_in(prepare, 3));
    }
    (void)expand_pads(&rule, &pads, &axes, x->rank);
    if (!rule.known) {
        return iou_prepare_unknown(prepare, "pads and axes");
    }
    if (x->rank == 0) {
        return iou_prepare_copy(prepare);
    }
    IOU_TRY(fill_indices(prepare, p, &rule));
    const size_t width = (size_t)p->out[x->rank - 1], count = prepare->out[0].count;
    p->rank = x->rank;
    p->type = x->type;
    p->size = iou_type_size(x->type);
    p->has_input = !attributes && prepare->node->input_count > 2;
    p->value = a->value;
    p->rows = width == 0 ? 0 : count / width;
    p->rows_per_task = width == 0 || width > 8192 ? 1 : 8192 / width;
    *prepare->step =
        (iou_step){.run = pad_run,
                   .params = p,
                   .task_count = p->rows == 0 ? 1 : (p->rows - 1) / p->rows_per_task + 1,
                   .algorithm = "copy",
                   .isa = "scalar"};
    return IOU_OK;
}

static bool is_zero(const iou_node *node, const iou_fact *facts) {
    const pad_attributes *a = node->attributes;
    if (node->opset < 11 || node->input_count < 3 || node->inputs[2] < 0) {
        return a->value == 0.0f;
    }
    const iou_fact *value = &facts[node->inputs[2]];
    return value->data != NULL && iou_read_double(value->type, value->data, 0) == 0.0;
}

static bool pad_pads(const iou_node *node, const iou_fact *facts, int64_t before[IOU_MAX_RANK]) {
    const pad_attributes *a = node->attributes;
    const iou_fact *x = &facts[node->inputs[0]];
    pad_rule rule;
    iou_ints pads = a->pads, axes = {.state = IOU_INTS_ABSENT};
    if (node->opset >= 11) {
        iou_ints_from_fact(&pads, &facts[node->inputs[1]]);
        iou_ints_from_fact(
            &axes, node->input_count > 3 && node->inputs[3] >= 0 ? &facts[node->inputs[3]] : NULL);
    }
    bool only = a->mode == PAD_CONSTANT && x->type == IOU_FLOAT && is_zero(node, facts) &&
                expand_pads(&rule, &pads, &axes, x->rank) == NULL && rule.known;
    for (int i = 0; only && i < x->rank; i++) {
        only =
            i < 2 ? rule.begin[i] == 0 && rule.end[i] == 0 : rule.begin[i] >= 0 && rule.end[i] >= 0;
        before[i < 2 ? 0 : i - 2] = rule.begin[i];
    }
    return only;
}

const iou_op iou_op_pad = {.name = "Pad",
                           .layout = IOU_LAYOUT_FOLLOWS,
                           .attributes_size = sizeof(pad_attributes),
                           .parse = pad_parse,
                           .infer = pad_infer,
                           .prepare = pad_prepare,
                           .pads = pad_pads};

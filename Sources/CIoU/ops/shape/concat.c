/* Concat: pieces one behind the other along an axis, in whatever layout they share. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/shape/concat.h"
#include "ops/strided_iterator.h"
#include "ops/shape/integer_concat.h"

#include <string.h>

enum { CONCAT_TASK = 65536, SHORT_ROW = 4096 }; /* bytes */

/* An input that is copied. All sizes are bytes. */
typedef struct concat_piece {
    int input;
    size_t start, to, width; /* where it begins among those that are copied, and in the output */
    size_t row;              /* of the input for one index of the outer dimensions */
} concat_piece;

typedef struct concat_params {
    size_t row, out_row;   /* for one index of the outer dimensions: what is copied; the output */
    size_t total, count;   /* copied; number of the pieces */
    concat_piece pieces[]; /* those that lie in the output already are left out */
} concat_params;

static iou_status concat_parse(const iou_parse *parse) {
    if (parse->node->opset >= 4 && !iou_attribute_present(parse->node, "axis")) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "axis is missing");
    }
    return iou_axis_parse(parse, 1);
}

/* Adds the shape of `part` to that of `out`. */
static iou_status concat_part(const iou_infer *infer, iou_fact *out, const iou_fact *part, int axis,
                              int index) {
    if (part->rank >= 0 && part->rank != out->rank) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input %d has rank %d, input 0 has rank %d",
                              index, part->rank, out->rank);
    }
    for (int i = 0; i < out->rank; i++) {
        const iou_dim dim = part->rank < 0 ? iou_dim_unknown() : part->dims[i];
        if (i != axis) {
            if (out->dims[i].known && dim.known && out->dims[i].value != dim.value) {
                return iou_infer_fail(infer, IOU_BAD_MODEL,
                                      "dimension %d of input %d is %lld, expected %lld", i, index,
                                      (long long)dim.value, (long long)out->dims[i].value);
            }
            out->dims[i] = out->dims[i].known || !dim.known ? out->dims[i] : dim;
        } else if (dim.known && out->dims[i].known) {
            int64_t sum;
            if (__builtin_add_overflow(dim.value, out->dims[i].value, &sum)) {
                return iou_infer_fail(infer, IOU_BAD_MODEL, "dimension %d overflows", i);
            }
            out->dims[i] = iou_dim_number(sum);
        } else if (dim.known && out->dims[i].symbol != NULL) {
            out->dims[i] = iou_infer_add(infer, out->dims[i], dim.value);
        } else if (out->dims[i].known && dim.symbol != NULL) {
            out->dims[i] = iou_infer_add(infer, dim, out->dims[i].value);
        } else if (dim.symbol != NULL && out->dims[i].symbol != NULL) {
            out->dims[i] = iou_infer_symbol(infer, "(%s+%s)", out->dims[i].symbol, dim.symbol);
        } else {
            out->dims[i] = iou_dim_unknown();
        }
    }
    return IOU_OK;
}

static iou_status concat_value(const iou_infer *infer, iou_fact *out) {
    int total = 0;
    for (int i = 0; i < infer->node->input_count; i++) {
        const int count = iou_fact_value_count(infer->in[i]);
        if (count < 0 || infer->in[i]->rank != 1 || total + count > IOU_MAX_ELEMENTS) {
            return IOU_OK;
        }
        total += count;
    }
    iou_dim *elements = iou_infer_elements(infer, out, total);
    if (elements == NULL && total > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0, to = 0; i < infer->node->input_count; i++) {
        const int count = iou_fact_value_count(infer->in[i]);
        for (int k = 0; k < count; k++) {
            elements[to++] = iou_fact_value(infer->in[i], k);
        }
    }
    return IOU_OK;
}

static iou_status concat_infer(const iou_infer *infer) {
    const int inputs = infer->node->input_count;
    IOU_TRY(iou_fact_begin(infer, 1, INT32_MAX, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    iou_fact *out = &infer->out[0];
    const iou_type same[] = {infer->in[0]->type, IOU_TYPE_UNDEFINED};
    for (int i = 1; i < inputs; i++) {
        IOU_TRY(iou_infer_type(infer, i, same[0] == IOU_TYPE_UNDEFINED ? iou_types_any : same));
    }
    out->type = infer->in[0]->type;
    if (infer->in[0]->rank < 0) {
        return IOU_OK;
    }
    int axis;
    const iou_axis_attribute *a = infer->node->attributes;
    IOU_TRY(iou_fact_axis(infer, a->axis, infer->in[0]->rank, &axis));
    iou_fact_shape_like(out, infer->in[0]);
    for (int i = 1; i < inputs; i++) {
        IOU_TRY(concat_part(infer, out, infer->in[i], axis, i));
    }
    return concat_value(infer, out);
}

static iou_status concat_run(const iou_call *call, size_t task) {
    const concat_params *p = call->params;
    size_t at = task * CONCAT_TASK;
    const size_t end = at + iou_size_min(p->total - at, CONCAT_TASK);
    const concat_piece *piece = p->pieces;
    while (at < end) {
        const size_t outer = at / p->row, column = at % p->row;
        piece = piece->start > column ? p->pieces : piece;
        while (piece->start + piece->width <= column) {
            piece++;
        }
        const size_t within = column - piece->start, left = piece->width - within;
        const size_t n = iou_size_min(left, end - at);
        memcpy((char *)call->out[0] + outer * p->out_row + piece->to + within,
               (const char *)call->in[piece->input] + outer * piece->row + within, n);
        at += n;
    }
    return IOU_OK;
}

/* Copies `n` pieces of `size` bytes, `to_step` and `from_step` apart; small ones without a call
 * each. */
static void copy_pieces(char *to, size_t to_step, const char *from, size_t from_step, size_t size,
                        size_t n) {
    switch (size) {
    case 4:
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * to_step, from + i * from_step, 4);
        }
        break;
    case 8:
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * to_step, from + i * from_step, 8);
        }
        break;
    default:
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * to_step, from + i * from_step, size);
        }
        break;
    }
}

/* Short rows: an input at a time. */
static iou_status concat_run_rows(const iou_call *call, size_t task) {
    const concat_params *p = call->params;
    const size_t rows = p->total / p->row, each = CONCAT_TASK / p->row, first = task * each;
    const size_t count = iou_size_min(each, rows - first);
    for (size_t i = 0; i < p->count; i++) {
        const concat_piece *piece = &p->pieces[i];
        copy_pieces((char *)call->out[0] + first * p->out_row + piece->to, p->out_row,
                    (const char *)call->in[piece->input] + first * piece->row, piece->row,
                    piece->width, count);
    }
    return IOU_OK;
}

bool iou_concat_interleaves(const iou_step *step, size_t element, size_t inputs) {
    const concat_params *p = step->params;
    bool single = step->run == concat_run_rows && p->count == inputs && p->out_row == p->row &&
                  p->row == inputs * element;
    for (size_t i = 0; single && i < inputs; i++) {
        single = p->pieces[i].width == element && p->pieces[i].row == element;
    }
    return single;
}

/* Bytes of a value for one index of the dimensions before the axis. */
static size_t row_of(const iou_operand *x, int axis, size_t inner) {
    const int64_t length = x->pitch > 0 ? x->pitch : x->dims[axis];
    return (size_t)length * inner;
}

static iou_status concat_prepare(const iou_prepare *prepare) {
    const iou_operand *out = &prepare->out[0];
    const int inputs = prepare->node->input_count;
    concat_params *p = iou_prepare_alloc(prepare, sizeof *p + (size_t)inputs * sizeof p->pieces[0]);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const int64_t given = iou_axis_attribute_of(prepare->node)->axis;
    const int axis = (int)(given < 0 ? given + out->rank : given);
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(out, strides);
    const size_t inner = (size_t)strides[axis] * iou_type_size(out->type);
    size_t to = 0;
    concat_piece *piece = p->pieces;
    for (int i = 0; i < inputs; i++) {
        const iou_operand *x = prepare->in[i];
        if (x->rank > 2 && x->layout != out->layout) {
            return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "inputs of different layouts");
        }
        const size_t width = (size_t)x->dims[axis] * inner;
        if (!x->direct && width > 0) {
            *piece++ = (concat_piece){i, p->row, to, width, row_of(x, axis, inner)};
            p->row += width;
        }
        to += width;
    }
    p->count = (size_t)(piece - p->pieces);
    p->out_row = row_of(out, axis, inner);
    p->total = to == 0 ? 0 : out->count * iou_type_size(out->type) / to * p->row;
    const bool by_rows = p->total > 0 && p->row <= SHORT_ROW;
    const size_t task = by_rows ? CONCAT_TASK / p->row * p->row : CONCAT_TASK;
    *prepare->step = (iou_step){.run = by_rows ? concat_run_rows : concat_run,
                                .params = p,
                                .task_count = iou_size_max(1, iou_divide_up(p->total, task)),
                                .algorithm = by_rows ? "copy rows" : "copy",
                                .isa = "scalar"};
    return IOU_OK;
}

static bool concat_gathers(const iou_node *node, const iou_fact *facts, int *axis) {
    const int64_t given = iou_axis_attribute_of(node)->axis;
    *axis = (int)(given < 0 ? given + facts[node->outputs[0]].rank : given);
    return true;
}

/* All of them. */
static bool concat_moves(const iou_node *node) {
    (void)node;
    return true;
}

const iou_op iou_op_concat = {.name = "Concat",
                              .layout = IOU_LAYOUT_ELEMENTWISE,
                              .attributes_size = sizeof(iou_axis_attribute),
                              .parse = concat_parse,
                              .infer = concat_infer,
                              .prepare = concat_prepare,
                              .gathers = concat_gathers,
                              .accepts = IOU_ACCEPTS_STRINGS,
                              .moves = concat_moves,
                              .integer_form = iou_concat_integer_form};

/* Concat of bytes: each input is looked up in a table from its scale and zero point to the
 * output's. */
#include "ops/shape/integer_concat.h"

#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/integer_form.h"
#include "ops/quantize/byte_loops.h"
#include "ops/quantize/byte_table.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

enum { MOST_INPUTS = 64, TASK_BYTES = 1 << 14 };

typedef struct concat_attributes {
    iou_axis_attribute axis; /* first: as Concat's */
    iou_type out;
    uint8_t (*tables)[IOU_BYTE_TABLE]; /**< of each input */
    bool *same;                        /**< its bytes are the output's */
} concat_attributes;

typedef struct concat_piece {
    size_t start, width; /**< bytes of a row of the output */
} concat_piece;

typedef struct concat_params {
    const concat_attributes *attributes;
    const iou_byte_loops *loops;
    size_t row, total; /**< bytes of a row, and of all */
    concat_piece pieces[];
} concat_params;

static iou_status concat_infer(const iou_infer *infer) {
    const concat_attributes *a = infer->node->attributes;
    iou_node node = *infer->node;
    iou_infer inner = *infer;
    node.op = &iou_op_concat;
    inner.node = &node;
    /* Bytes of both signs have the same shapes. */
    iou_fact facts[MOST_INPUTS];
    const iou_fact *in[MOST_INPUTS];
    for (int i = 0; i < node.input_count; i++) {
        facts[i] = *infer->in[i];
        facts[i].type = a->out;
        in[i] = &facts[i];
    }
    inner.in = in;
    return iou_op_concat.infer(&inner);
}

static iou_status run(const iou_call *call, size_t task) {
    const concat_params *p = call->params;
    size_t at = task * TASK_BYTES;
    const size_t end = iou_size_min(at + TASK_BYTES, p->total);
    size_t i = 0;
    while (at < end) {
        const size_t row = at / p->row, column = at % p->row;
        i = p->pieces[i].start > column ? 0 : i;
        while (p->pieces[i].start + p->pieces[i].width <= column) {
            i++;
        }
        const concat_piece *piece = &p->pieces[i];
        const size_t within = column - piece->start;
        const size_t n = iou_size_min(piece->width - within, end - at);
        const uint8_t *from = (const uint8_t *)call->in[i] + row * piece->width + within;
        uint8_t *to = (uint8_t *)call->out[0] + at;
        if (p->attributes->same[i]) {
            memcpy(to, from, n);
        } else {
            p->loops->translate(p->attributes->tables[i], from, to, n);
        }
        at += n;
    }
    return IOU_OK;
}

static iou_status concat_prepare(const iou_prepare *prepare) {
    const iou_operand *out = &prepare->out[0];
    const size_t inputs = (size_t)prepare->node->input_count;
    concat_params *p = iou_prepare_alloc(prepare, sizeof *p + inputs * sizeof p->pieces[0]);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->attributes = prepare->node->attributes;
    p->loops = iou_byte_loops_choose(prepare->isa);
    const int64_t given = p->attributes->axis.axis;
    const int axis = (int)(given < 0 ? given + out->rank : given);
    int64_t strides[IOU_MAX_RANK];
    iou_memory_strides(out, strides);
    for (size_t i = 0; i < inputs; i++) {
        const iou_operand *x = prepare->in[i];
        if (x->rank > 2 && x->layout != out->layout) {
            return iou_prepare_fail(prepare, IOU_UNSUPPORTED, "inputs of different layouts");
        }
        p->pieces[i] = (concat_piece){p->row, (size_t)(x->dims[axis] * strides[axis])};
        p->row += p->pieces[i].width;
    }
    p->total = out->count;
    *prepare->step = (iou_step){.run = p->total == 0 ? iou_run_nothing : run,
                                .params = p,
                                .task_count = iou_size_max(1, iou_divide_up(p->total, TASK_BYTES)),
                                .algorithm = "tables",
                                .isa = iou_isa_name(p->loops->isa)};
    return IOU_OK;
}

static const iou_op integer_concat = {.name = "QLinearConcat",
                                      .layout = IOU_LAYOUT_ELEMENTWISE,
                                      .infer = concat_infer,
                                      .prepare = concat_prepare};

/* ---- The form ------------------------------------------------------------------------------ */

/** Whether all inputs are quantized as a whole; `values`: their integers. */
static bool find_inputs(const iou_integer_query *query, iou_quantized_operand *inputs,
                        int *values) {
    const int count = query->node->input_count;
    bool whole = count <= MOST_INPUTS;
    for (int i = 0; i < count && whole; i++) {
        whole = query->dequantizers[i] != NULL;
        if (whole) {
            inputs[i] = iou_quantized_operand_of(query->dequantizers[i]);
            values[i] = inputs[i].value;
            whole = iou_is_quantized_whole(query->facts, &inputs[i]);
        }
    }
    return whole;
}

iou_status iou_concat_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const size_t count = (size_t)query->node->input_count;
    iou_quantized_operand inputs[MOST_INPUTS];
    int values[MOST_INPUTS];
    *accepted = query->quantizer != NULL && find_inputs(query, inputs, values);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    concat_attributes *a = iou_arena_alloc(query->memory, sizeof *a);
    uint8_t(*tables)[IOU_BYTE_TABLE] = iou_arena_alloc(query->memory, count * sizeof *tables);
    bool *same = iou_arena_alloc(query->memory, count * sizeof *same);
    *accepted = iou_is_quantized_whole(query->facts, &y);
    IOU_FAIL_IF(a == NULL || tables == NULL || same == NULL, IOU_OUT_OF_MEMORY, query->error,
                "no memory for the model");
    bool all = query->lo == -INFINITY && query->hi == INFINITY;
    for (size_t i = 0; i < count && *accepted; i++) {
        same[i] = query->lo == -INFINITY && query->hi == INFINITY &&
                  iou_is_quantized_alike(query->facts, &inputs[i], &y);
        all = all && same[i];
        iou_byte_table_rescale(query, &inputs[i], &y, tables[i]);
    }
    *accepted = *accepted && !all; /* which only moves bytes */
    if (!*accepted) {
        return IOU_OK;
    }
    *a = (concat_attributes){*iou_axis_attribute_of(query->node), query->facts[y.value].type,
                             tables, same};
    return iou_integer_form_make(query, &integer_concat, values, (int)count, a, made);
}

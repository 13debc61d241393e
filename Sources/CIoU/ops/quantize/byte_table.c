#include "ops/quantize/byte_table.h"

#include "ops/epilogue.h"
#include "ops/integer_form.h"
#include "ops/quantize/byte_loops.h"
#include "ops/quantize/quantization.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

typedef struct table_attributes {
    iou_type out;
    uint8_t bytes[IOU_BYTE_TABLE]; /**< by the bits of the input */
} table_attributes;

typedef struct table_params {
    const iou_byte_loops *loops;
    const uint8_t *bytes;
    size_t count;
} table_params;

static iou_status table_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = ((const table_attributes *)infer->node->attributes)->out;
    return IOU_OK;
}

static iou_status table_run(const iou_call *call, size_t task) {
    const table_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    p->loops->translate(p->bytes, (const uint8_t *)call->in[0] + at, (uint8_t *)call->out[0] + at,
                        end - at);
    return IOU_OK;
}

static iou_status table_prepare(const iou_prepare *prepare) {
    table_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const table_attributes *a = prepare->node->attributes;
    *p = (table_params){iou_byte_loops_choose(prepare->isa), a->bytes, prepare->out[0].count};
    *prepare->step = (iou_step){.run = table_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = 1,
                                .algorithm = "table",
                                .isa = iou_isa_name(p->loops->isa)};
    return IOU_OK;
}

static const iou_op byte_table = {.name = "ByteTable",
                                  .layout = IOU_LAYOUT_ELEMENTWISE,
                                  .infer = table_infer,
                                  .prepare = table_prepare};

/* ---- The form ------------------------------------------------------------------------------ */

/** The function of one element that a node is, as an epilogue has it; false: it is none. */
static bool find_function(const iou_integer_query *query, iou_epilogue_step *step) {
    const iou_epilogue_query epilogue = {.node = query->node,
                                         .facts = query->facts,
                                         .channel_axis = -1,
                                         .isa = IOU_ISA_SCALAR,
                                         .memory = query->memory,
                                         .error = query->error};
    bool accepted = false;
    return query->node->op->epilogue(&epilogue, step, &accepted) == IOU_OK && accepted &&
           (step->kind == IOU_EPILOGUE_CLAMP || step->kind == IOU_EPILOGUE_FUNCTION);
}

static double apply(const iou_epilogue_step *step, double x) {
    double y = x;
    if (step == NULL) {
        return x;
    }
    if (step->kind == IOU_EPILOGUE_CLAMP) {
        return fmin(fmax(x, (double)step->lo), (double)step->hi);
    }
    step->function.definition(&x, &y, 1, step->params);
    return y;
}

/* `step`: NULL where numbers stay as they are; `times`: numbers are multiplied by what it makes. */
static void fill(const iou_integer_query *query, const iou_quantized_operand *x,
                 const iou_quantized_operand *y, const iou_epilogue_step *step, bool times,
                 uint8_t *table) {
    const iou_fact *facts = query->facts;
    const double scale = (double)iou_quantized_scale(facts, x);
    const double out = (double)iou_quantized_scale(facts, y);
    const int32_t zero = iou_quantized_zero(facts, x), moved = iou_quantized_zero(facts, y);
    iou_span span;
    (void)iou_span_of(facts[y->value].type, &span);
    for (int bits = 0; bits < IOU_BYTE_TABLE; bits++) {
        const int number =
            facts[x->value].type == IOU_INT8 && bits > INT8_MAX ? bits - IOU_BYTE_TABLE : bits;
        const double real = (double)(number - zero) * scale;
        double value = times ? real * apply(step, real) : apply(step, real);
        const bool is_number = !isnan(value);
        value = fmin(fmax(value, (double)query->lo), (double)query->hi);
        const double whole = is_number ? nearbyint(value / out) + (double)moved : (double)moved;
        table[bits] = (uint8_t)(int32_t)fmin(fmax(whole, (double)span.least), (double)span.most);
    }
}

void iou_byte_table_rescale(const iou_integer_query *query, const iou_quantized_operand *x,
                            const iou_quantized_operand *y, uint8_t bytes[IOU_BYTE_TABLE]) {
    fill(query, x, y, NULL, false, bytes);
}

const uint8_t *iou_byte_table_of(const iou_node *node) {
    return node != NULL && node->op == &byte_table
               ? ((const table_attributes *)node->attributes)->bytes
               : NULL;
}

iou_status iou_byte_table_make(const iou_integer_query *query, int input, iou_type out,
                               const uint8_t bytes[IOU_BYTE_TABLE], iou_node *made) {
    table_attributes *attributes = iou_arena_alloc(query->memory, sizeof *attributes);
    IOU_FAIL_IF(attributes == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    attributes->out = out;
    memcpy(attributes->bytes, bytes, sizeof attributes->bytes);
    return iou_integer_form_make(query, &byte_table, &input, 1, attributes, made);
}

iou_status iou_gate_integer_form(const iou_integer_query *query, int input, iou_node *made,
                                 bool *accepted) {
    const iou_node *gate = query->producers[1 - input];
    iou_integer_query inner = *query;
    iou_epilogue_step step;
    inner.node = gate;
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[input]);
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    *accepted = gate != NULL && gate->op != NULL && gate->op->epilogue != NULL &&
                gate->input_count == 1 && gate->inputs[0] == query->node->inputs[input] &&
                iou_is_quantized_whole(query->facts, &x) &&
                iou_is_quantized_whole(query->facts, &y) && find_function(&inner, &step);
    if (!*accepted) {
        return IOU_OK;
    }
    uint8_t bytes[IOU_BYTE_TABLE];
    fill(query, &x, &y, &step, true, bytes);
    return iou_byte_table_make(query, x.value, query->facts[y.value].type, bytes, made);
}

iou_status iou_function_integer_form(const iou_integer_query *query, iou_node *made,
                                     bool *accepted) {
    iou_epilogue_step step;
    *accepted = query->quantizer != NULL;
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    *accepted = query->dequantizers[0] != NULL && iou_is_quantized_whole(query->facts, &y) &&
                find_function(query, &step);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand x = iou_quantized_operand_of(query->dequantizers[0]);
    *accepted = iou_is_quantized_whole(query->facts, &x);
    if (!*accepted) {
        return IOU_OK;
    }
    uint8_t bytes[IOU_BYTE_TABLE];
    fill(query, &x, &y, &step, false, bytes);
    return iou_byte_table_make(query, x.value, query->facts[y.value].type, bytes, made);
}

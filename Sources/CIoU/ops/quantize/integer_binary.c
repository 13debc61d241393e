/* Bytes added and multiplied: dequantized, computed in float32 and quantized in registers. */
#include "ops/quantize/integer_binary.h"

#include "ops/integer_form.h"
#include "ops/quantize/byte_loops.h"
#include "ops/quantize/byte_table.h"
#include "ops/quantize/quantization.h"
#include "ops/strided_iterator.h"

/** What is known when the form is made: scales and zero points are constants. */
typedef struct binary_attributes {
    bool multiplies;
    iou_type out;
    iou_byte_binary bytes;
} binary_attributes;

typedef struct binary_params {
    const iou_byte_loops *loops;
    const binary_attributes *attributes;
    size_t count;
} binary_params;

static iou_status binary_infer(const iou_infer *infer) {
    const binary_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    infer->out[0].type = a->out;
    return iou_infer_broadcast(infer, infer->in[0], infer->in[1], &infer->out[0]);
}

static iou_status binary_run(const iou_call *call, size_t task) {
    const binary_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    const uint8_t *a = (const uint8_t *)call->in[0] + at, *b = (const uint8_t *)call->in[1] + at;
    uint8_t *y = (uint8_t *)call->out[0] + at;
    if (p->attributes->multiplies) {
        p->loops->multiply(&p->attributes->bytes, a, b, y, end - at);
    } else {
        p->loops->add(&p->attributes->bytes, a, b, y, end - at);
    }
    return IOU_OK;
}

static iou_status binary_prepare(const iou_prepare *prepare) {
    binary_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const size_t count = prepare->out[0].count;
    if (prepare->in[0]->count != count || prepare->in[1]->count != count) {
        return iou_prepare_fail(prepare, IOU_BAD_MODEL, "expected inputs of the output's shape");
    }
    *p = (binary_params){iou_byte_loops_choose(prepare->isa), prepare->node->attributes, count};
    *prepare->step = (iou_step){.run = binary_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(count),
                                .in_place = 3,
                                .algorithm = "bytes",
                                .isa = iou_isa_name(p->loops->isa)};
    return IOU_OK;
}

static const iou_op integer_add = {.name = "QLinearAdd",
                                   .layout = IOU_LAYOUT_ELEMENTWISE,
                                   .infer = binary_infer,
                                   .prepare = binary_prepare};
static const iou_op integer_multiply = {.name = "QLinearMul",
                                        .layout = IOU_LAYOUT_ELEMENTWISE,
                                        .infer = binary_infer,
                                        .prepare = binary_prepare};

/* ---- The form ------------------------------------------------------------------------------ */

static bool has_one_shape(const iou_fact *a, const iou_fact *b) {
    bool same = a->rank >= 0 && a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++) {
        same = iou_dim_equal(a->dims[i], b->dims[i]);
    }
    return same;
}

/** A byte as uint8, and its zero point: int8 is raised by 128. */
static void raise(const iou_fact *facts, const iou_quantized_operand *operand, int32_t *flip,
                  int32_t *zero) {
    *flip = facts[operand->value].type == IOU_INT8 ? 128 : 0;
    *zero = iou_quantized_zero(facts, operand) + *flip;
}

/** Whether one operand is looked up in a table by the other, as in x * sigmoid(x). */
static bool is_of_one_byte(const iou_integer_query *query, const int inputs[2], int *input,
                           const uint8_t **table) {
    for (int i = 0; i < 2; i++) {
        const iou_node *other = query->operands[1 - i];
        *table = iou_byte_table_of(other);
        if (*table != NULL && other->inputs[0] == inputs[i]) {
            *input = i;
            return true;
        }
    }
    return false;
}

/** What the operator comes to is one table. */
static iou_status make_table(const iou_integer_query *query, const binary_attributes *a, int value,
                             int input, const uint8_t *table, iou_node *made) {
    uint8_t x[IOU_BYTE_TABLE], bytes[IOU_BYTE_TABLE];
    for (int i = 0; i < IOU_BYTE_TABLE; i++) {
        x[i] = (uint8_t)i;
    }
    const uint8_t *first = input == 0 ? x : table, *second = input == 0 ? table : x;
    (a->multiplies ? iou_byte_loops_scalar.multiply
                   : iou_byte_loops_scalar.add)(&a->bytes, first, second, bytes, IOU_BYTE_TABLE);
    return iou_byte_table_make(query, value, a->out, bytes, made);
}

iou_status iou_binary_integer_form(const iou_integer_query *query, iou_node *made, bool *accepted) {
    const iou_node *node = query->node;
    const iou_fact *facts = query->facts;
    const bool multiplies = node->op == &iou_op_mul;
    *accepted = query->quantizer != NULL;
    if (!*accepted) {
        return IOU_OK;
    }
    if (multiplies && (query->dequantizers[0] == NULL) != (query->dequantizers[1] == NULL)) {
        return iou_gate_integer_form(query, query->dequantizers[0] == NULL, made, accepted);
    }
    const iou_quantized_operand y = iou_quantized_operand_of(query->quantizer);
    *accepted = (multiplies || node->op == &iou_op_add) && node->input_count == 2 &&
                query->dequantizers[0] != NULL && query->dequantizers[1] != NULL &&
                iou_is_quantized_whole(facts, &y);
    if (!*accepted) {
        return IOU_OK;
    }
    const iou_quantized_operand a = iou_quantized_operand_of(query->dequantizers[0]);
    const iou_quantized_operand b = iou_quantized_operand_of(query->dequantizers[1]);
    *accepted = iou_is_quantized_whole(facts, &a) && iou_is_quantized_whole(facts, &b) &&
                has_one_shape(&facts[a.value], &facts[b.value]);
    if (!*accepted) {
        return IOU_OK;
    }
    const float scales[] = {iou_quantized_scale(facts, &a), iou_quantized_scale(facts, &b),
                            iou_quantized_scale(facts, &y)};
    binary_attributes *attributes = iou_arena_alloc(query->memory, sizeof *attributes);
    IOU_FAIL_IF(attributes == NULL, IOU_OUT_OF_MEMORY, query->error, "no memory for the model");
    iou_byte_binary *bytes = &attributes->bytes;
    attributes->multiplies = multiplies;
    attributes->out = facts[y.value].type;
    raise(facts, &a, &bytes->flips[0], &bytes->zeros[0]);
    raise(facts, &b, &bytes->flips[1], &bytes->zeros[1]);
    bytes->factors[0] = multiplies ? scales[0] * scales[1] / scales[2] : scales[0] / scales[2];
    bytes->factors[1] = scales[1] / scales[2];
    const int32_t zero = iou_quantized_zero(facts, &y);
    bytes->row = iou_quantize_limits(facts[y.value].type, scales[2], zero, query->lo, query->hi);
    const int inputs[] = {a.value, b.value};
    const uint8_t *table;
    int input;
    if (is_of_one_byte(query, inputs, &input, &table)) {
        return make_table(query, attributes, inputs[input], input, table, made);
    }
    return iou_integer_form_make(query, multiplies ? &integer_multiply : &integer_add, inputs, 2,
                                 attributes, made);
}

/* Functions of one element, such as Relu and Exp. */
#include "ops/quantize/byte_table.h"
#include "ops/facts.h"
#include "ops/elementwise/unary_kernels.h"
#include "ops/epilogue.h"
#include "ops/strided_iterator.h"

#include <math.h>
#include <string.h>

typedef struct unary_attributes {
    const iou_unary_op *row;
    iou_unary_params params;
} unary_attributes;

static iou_status unary_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    unary_attributes *a = parse->attributes;
    char approximate[8];
    (void)iou_attribute_string(node, "approximate", approximate, sizeof approximate);
    const bool tanh = strcmp(approximate, "tanh") == 0;
    if (!tanh && iou_attribute_present(node, "approximate") && strcmp(approximate, "none") != 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "approximate must be none or tanh, not '%s'",
                              approximate);
    }
    const iou_unary_op *row = iou_unary_find(tanh ? "TanhGelu" : node->op->name);
    a->row = row;
    a->params.alpha =
        iou_attribute_float(node, row->alpha_name ? row->alpha_name : "alpha", row->alpha);
    a->params.beta = iou_attribute_float(node, row->beta_name ? row->beta_name : "beta", row->beta);
    if (node->op == &iou_op_celu && a->params.alpha == 0.0f) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "alpha must not be 0");
    }
    return IOU_OK;
}

static const unary_attributes *attributes_of(const iou_node *node) {
    return node->attributes;
}

/* Not and Neg of known elements, for shape arithmetic. */
static iou_status unary_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *in = infer->in[0];
    const int count = iou_fact_value_count(in);
    const bool negate = infer->node->op == &iou_op_neg;
    if (count < 0 || (!negate && out->type != IOU_BOOL)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL && count > 0) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < count; i++) {
        const iou_dim value = iou_fact_value(in, i);
        elements[i] = iou_dim_unknown();
        if (value.known && value.value != INT64_MIN) {
            const int64_t result = negate ? -value.value : value.value == 0;
            elements[i] = iou_type_holds(out->type, result) ? iou_dim_number(result) : elements[i];
        }
    }
    return IOU_OK;
}

static iou_status unary_infer(const iou_infer *infer) {
    const iou_unary_op *op = attributes_of(infer->node)->row;
    iou_type allowed[IOU_UNARY_TYPES + 1] = {0};
    int count = 0;
    for (int i = 1; i < IOU_UNARY_TYPES; i++) {
        if (op->apply[i] != NULL) {
            allowed[count++] = (iou_type)i;
        }
    }
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, allowed));
    iou_fact_like(&infer->out[0], infer->in[0]);
    if (op->out != IOU_TYPE_UNDEFINED) {
        infer->out[0].type = op->out;
    }
    return unary_value(infer, &infer->out[0]);
}

/* ---- Running ------------------------------------------------------------------------------- */

typedef struct unary_plan {
    iou_unary_fn apply;
    iou_unary_params params;
    size_t count, in_size, out_size;
    iou_tail tail;
} unary_plan;

iou_element_function iou_element_function_of(const char *name, iou_isa isa) {
    const iou_unary_op *op = iou_unary_find(name);
    const iou_vector_function *f = iou_epilogue_choose(isa)->functions;
    while (f->name != NULL && strcmp(f->name, op->name) != 0) {
        f++;
    }
    return (iou_element_function){.apply = f->name != NULL ? f->apply : op->apply[IOU_FLOAT],
                                  .rows = f->rows,
                                  .definition = op->apply[IOU_DOUBLE]};
}

static iou_status unary_run(const iou_call *call, size_t task) {
    const unary_plan *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    p->apply((const char *)call->in[0] + begin * p->in_size,
             (char *)call->out[0] + begin * p->out_size, end - begin, &p->params);
    iou_tail_flat(&p->tail, call, begin, end);
    return IOU_OK;
}

static iou_status unary_prepare(const iou_prepare *prepare) {
    const iou_unary_op *op = attributes_of(prepare->node)->row;
    unary_plan *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    const iou_type type = prepare->in[0]->type;
    p->count = prepare->out[0].count;
    p->params = attributes_of(prepare->node)->params;
    p->in_size = iou_type_size(type);
    p->out_size = iou_type_size(prepare->out[0].type);
    p->apply =
        type == IOU_FLOAT ? iou_element_function_of(op->name, prepare->isa).apply : op->apply[type];
    p->tail = iou_epilogue_tail(prepare->epilogue, 0, prepare->isa);
    const bool vectors = p->apply != op->apply[type];
    *prepare->step = (iou_step){
        .run = unary_run,
        .params = p,
        .task_count = iou_chunk_tasks(p->count),
        .in_place = p->in_size == p->out_size,
        .algorithm = "element-wise",
        .isa = iou_isa_name(vectors ? iou_epilogue_choose(prepare->isa)->isa : IOU_ISA_SCALAR)};
    return IOU_OK;
}

static iou_status unary_epilogue(const iou_epilogue_query *query, iou_epilogue_step *step,
                                 bool *accepted) {
    static const iou_unary_params swish = {.alpha = 1.0f};
    const iou_unary_op *op = attributes_of(query->node)->row;
    *accepted = true;
    if (query->node->op == &iou_op_relu) {
        *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_CLAMP, .hi = INFINITY};
        return IOU_OK;
    }
    *step = (iou_epilogue_step){.kind = IOU_EPILOGUE_FUNCTION,
                                .function = iou_element_function_of(op->name, query->isa),
                                .params = &attributes_of(query->node)->params};
    /* x sigmoid(x) has a loop of its own. */
    if (query->node->op == &iou_op_sigmoid) {
        step->params = &swish;
        step->gated = iou_element_function_of("Swish", query->isa);
    }
    *accepted = step->function.apply != NULL && step->function.definition != NULL;
    return IOU_OK;
}

static bool unary_absorbs(const iou_node *node, const iou_fact *facts, iou_absorption *absorption) {
    *absorption = (iou_absorption){.channel_axis = -1};
    return facts[node->inputs[0]].type == IOU_FLOAT && facts[node->outputs[0]].type == IOU_FLOAT;
}

#define UNARY_OP(type, symbol, types)                                                              \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .widens = types,                                               \
                                    .layout = IOU_LAYOUT_ELEMENTWISE,                              \
                                    .attributes_size = sizeof(unary_attributes),                   \
                                    .parse = unary_parse,                                          \
                                    .infer = unary_infer,                                          \
                                    .prepare = unary_prepare,                                      \
                                    .epilogue = unary_epilogue,                                    \
                                    .integer_form = iou_function_integer_form,                     \
                                    .absorbs = unary_absorbs};

UNARY_OP("Abs", abs, IOU_WIDENS_FLOATS)
UNARY_OP("Acos", acos, IOU_WIDENS_FLOATS)
UNARY_OP("Acosh", acosh, IOU_WIDENS_FLOATS)
UNARY_OP("Asin", asin, IOU_WIDENS_FLOATS)
UNARY_OP("Asinh", asinh, IOU_WIDENS_FLOATS)
UNARY_OP("Atan", atan, IOU_WIDENS_FLOATS)
UNARY_OP("Atanh", atanh, IOU_WIDENS_FLOATS)
UNARY_OP("BitwiseNot", bitwise_not, 0)
UNARY_OP("Ceil", ceil, IOU_WIDENS_FLOATS)
UNARY_OP("Celu", celu, IOU_WIDENS_FLOATS)
UNARY_OP("Cos", cos, IOU_WIDENS_FLOATS)
UNARY_OP("Cosh", cosh, IOU_WIDENS_FLOATS)
UNARY_OP("Elu", elu, IOU_WIDENS_FLOATS)
UNARY_OP("Erf", erf, IOU_WIDENS_FLOATS)
UNARY_OP("Exp", exp, IOU_WIDENS_FLOATS)
UNARY_OP("Floor", floor, IOU_WIDENS_FLOATS)
UNARY_OP("Gelu", gelu, IOU_WIDENS_FLOATS)
UNARY_OP("HardSigmoid", hard_sigmoid, IOU_WIDENS_FLOATS)
UNARY_OP("HardSwish", hard_swish, IOU_WIDENS_FLOATS)
UNARY_OP("LeakyRelu", leaky_relu, IOU_WIDENS_FLOATS)
UNARY_OP("Log", log, IOU_WIDENS_FLOATS)
UNARY_OP("Mish", mish, IOU_WIDENS_FLOATS)
UNARY_OP("Neg", neg, IOU_WIDENS_FLOATS)
UNARY_OP("Not", not, 0)
UNARY_OP("Reciprocal", reciprocal, IOU_WIDENS_FLOATS)
UNARY_OP("Relu", relu, IOU_WIDENS_FLOATS)
UNARY_OP("Round", round, IOU_WIDENS_FLOATS)
UNARY_OP("Selu", selu, IOU_WIDENS_FLOATS)
UNARY_OP("Shrink", shrink, IOU_WIDENS_FLOATS)
UNARY_OP("Sigmoid", sigmoid, IOU_WIDENS_FLOATS)
UNARY_OP("Sign", sign, IOU_WIDENS_FLOATS | IOU_WIDENS_INTEGERS | IOU_WIDENS_UINT32)
UNARY_OP("Sin", sin, IOU_WIDENS_FLOATS)
UNARY_OP("Sinh", sinh, IOU_WIDENS_FLOATS)
UNARY_OP("Softplus", softplus, IOU_WIDENS_FLOATS)
UNARY_OP("Softsign", softsign, IOU_WIDENS_FLOATS)
UNARY_OP("Sqrt", sqrt, IOU_WIDENS_FLOATS)
UNARY_OP("Swish", swish, IOU_WIDENS_FLOATS)
UNARY_OP("Tan", tan, IOU_WIDENS_FLOATS)
UNARY_OP("Tanh", tanh, IOU_WIDENS_FLOATS)
UNARY_OP("ThresholdedRelu", thresholded_relu, IOU_WIDENS_FLOATS)

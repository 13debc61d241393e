/* Functions of one element, such as Relu and Exp. */
#include "ops/facts.h"
#include "ops/elementwise/unary_kernels.h"
#include "ops/walk.h"

#include <string.h>

static const iou_unary_op *op_of(const iou_node *node) {
    if (strcmp(node->op_type, "Gelu") == 0) {
        char approximate[8];
        (void)iou_attribute_string(node, "approximate", approximate, sizeof approximate);
        return iou_unary_find(strcmp(approximate, "tanh") == 0 ? "TanhGelu" : "Gelu");
    }
    return iou_unary_find(node->op_type);
}

/* Not and Neg of known elements, for shape arithmetic. */
static iou_status unary_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *in = infer->in[0];
    const int count = iou_fact_value_count(in);
    const bool negate = strcmp(infer->node->op_type, "Neg") == 0;
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

static iou_status check_attributes(const iou_infer *infer) {
    const iou_node *node = infer->node;
    char text[8];
    if (strcmp(node->op_type, "Gelu") == 0 &&
        iou_attribute_string(node, "approximate", text, sizeof text) && strcmp(text, "none") != 0 &&
        strcmp(text, "tanh") != 0) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "approximate must be none or tanh, not '%s'",
                              text);
    }
    if (strcmp(node->op_type, "Celu") == 0 && iou_attribute_float(node, "alpha", 1.0f) == 0.0f) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "alpha must not be 0");
    }
    return IOU_OK;
}

static iou_status unary_infer(const iou_infer *infer) {
    const iou_unary_op *op = op_of(infer->node);
    iou_type allowed[IOU_UNARY_TYPES + 1] = {0};
    int count = 0;
    for (int i = 1; i < IOU_UNARY_TYPES; i++) {
        if (op->apply[i] != NULL) {
            allowed[count++] = (iou_type)i;
        }
    }
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, allowed));
    IOU_TRY(check_attributes(infer));
    iou_fact_like(&infer->out[0], infer->in[0]);
    if (op->out != IOU_TYPE_UNDEFINED) {
        infer->out[0].type = op->out;
    }
    return unary_value(infer, &infer->out[0]);
}

static iou_status unary_run(const iou_call *call, size_t task) {
    const iou_unary_params *p = call->params;
    size_t begin, end;
    iou_chunk(task, p->count, &begin, &end);
    p->apply((const char *)call->in[0] + begin * p->in_size,
             (char *)call->out[0] + begin * p->out_size, end - begin, p);
    return IOU_OK;
}

static iou_status unary_prepare(const iou_prepare *prepare) {
    const iou_unary_op *op = op_of(prepare->node);
    iou_unary_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->alpha =
        iou_attribute_float(prepare->node, op->alpha_name ? op->alpha_name : "alpha", op->alpha);
    p->beta = iou_attribute_float(prepare->node, op->beta_name ? op->beta_name : "beta", op->beta);
    p->in_size = iou_type_size(prepare->in[0]->type);
    p->out_size = iou_type_size(prepare->out[0].type);
    p->apply = op->apply[prepare->in[0]->type];
    *prepare->step = (iou_step){.run = unary_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .in_place = p->in_size == p->out_size,
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

#define UNARY_OP(type, symbol)                                                                     \
    const iou_op iou_op_##symbol = {type, IOU_LAYOUT_ELEMENTWISE, unary_infer, unary_prepare};

UNARY_OP("Abs", abs)
UNARY_OP("Acos", acos)
UNARY_OP("Acosh", acosh)
UNARY_OP("Asin", asin)
UNARY_OP("Asinh", asinh)
UNARY_OP("Atan", atan)
UNARY_OP("Atanh", atanh)
UNARY_OP("BitwiseNot", bitwise_not)
UNARY_OP("Ceil", ceil)
UNARY_OP("Celu", celu)
UNARY_OP("Cos", cos)
UNARY_OP("Cosh", cosh)
UNARY_OP("Elu", elu)
UNARY_OP("Erf", erf)
UNARY_OP("Exp", exp)
UNARY_OP("Floor", floor)
UNARY_OP("Gelu", gelu)
UNARY_OP("HardSigmoid", hard_sigmoid)
UNARY_OP("HardSwish", hard_swish)
UNARY_OP("LeakyRelu", leaky_relu)
UNARY_OP("Log", log)
UNARY_OP("Mish", mish)
UNARY_OP("Neg", neg)
UNARY_OP("Not", not )
UNARY_OP("Reciprocal", reciprocal)
UNARY_OP("Relu", relu)
UNARY_OP("Round", round)
UNARY_OP("Selu", selu)
UNARY_OP("Shrink", shrink)
UNARY_OP("Sigmoid", sigmoid)
UNARY_OP("Sign", sign)
UNARY_OP("Sin", sin)
UNARY_OP("Sinh", sinh)
UNARY_OP("Softplus", softplus)
UNARY_OP("Softsign", softsign)
UNARY_OP("Sqrt", sqrt)
UNARY_OP("Swish", swish)
UNARY_OP("Tan", tan)
UNARY_OP("Tanh", tanh)
UNARY_OP("ThresholdedRelu", thresholded_relu)

/* The bodies: quantized operators are the operator between DequantizeLinear and QuantizeLinear. */
#include "ops/composed.h"

#include <string.h>

/* Opsets of the nodes: the last whose reductions have axes as an attribute, and whose Clip has its
 * limits so. */
enum { OPSET = 21, WITH_AXES = 17, WITH_LIMITS = 10 };

/** A zero of input `like`'s type where zero point `zero` is absent. */
#define ZERO_POINT(zero, like, made)                                                               \
    {"Constant", "", "nothing", "value_float~0", "!" zero},                                        \
        {"CastLike", "nothing " like, made, "", "!" zero}, {                                       \
        "Identity", zero, made, "", zero                                                           \
    }

static const iou_composed_node quantize[] = {
    {"QuantizeLinear", "x y_scale y_zero_point", "y", "axis", NULL}};
static const iou_composed_node dequantize[] = {
    {"DequantizeLinear", "x x_scale x_zero_point", "y", "axis", NULL}};

#define BINARY(name, operator)                                                                     \
    static const iou_composed_node name[] = {                                                      \
        {"DequantizeLinear", "A A_scale A_zero_point", "a", "", NULL},                             \
        {"DequantizeLinear", "B B_scale B_zero_point", "b", "", NULL},                             \
        {operator, "a b", "c", "", NULL},                                                          \
        ZERO_POINT("C_zero_point", "A", "zero"),                                                   \
        {"QuantizeLinear", "c C_scale zero", "C", "", NULL}}
BINARY(add, "Add");
BINARY(multiply, "Mul");

#define UNARY(name, operator, attributes)                                                          \
    static const iou_composed_node name[] = {                                                      \
        {"DequantizeLinear", "X X_scale X_zero_point", "x", "", NULL},                             \
        {operator, "x", "y", attributes, NULL},                                                    \
        ZERO_POINT("Y_zero_point", "X", "zero"),                                                   \
        {"QuantizeLinear", "y Y_scale zero", "Y", "", NULL}}
UNARY(sigmoid, "Sigmoid", "");
UNARY(leaky_relu, "LeakyRelu", "alpha");
UNARY(global_average_pool, "GlobalAveragePool", "");
UNARY(average_pool, "AveragePool",
      "auto_pad ceil_mode count_include_pad kernel_shape pads strides");
UNARY(reduce_mean, "ReduceMean", "axes keepdims");

/* Of the opset that an attribute says, in which CastLike may be missing. */
static const iou_composed_node softmax[] = {
    {"DequantizeLinear", "X X_scale X_zero_point", "x", "", NULL},
    {"Softmax", "x", "y", "axis", NULL},
    {"QuantizeLinear", "y Y_scale Y_zero_point", "Y", "", NULL}};

static const iou_composed_node where[] = {
    {"DequantizeLinear", "X x_scale x_zero_point", "x", "", NULL},
    {"DequantizeLinear", "Y y_scale y_zero_point", "y", "", NULL},
    {"Where", "condition x y", "z", "", NULL},
    {"QuantizeLinear", "z z_scale z_zero_point", "Z", "", NULL}};

static const iou_composed_node concat[] = {
    {"DequantizeLinear", "...", "...", "", NULL},
    {"Concat", "...", "y", "axis", NULL},
    {"QuantizeLinear", "y Y_scale Y_zero_point", "Y", "", NULL}};

static const iou_composed_node gemm[] = {
    {"Transpose", "A", "a", "", "@transA"},
    {"Identity", "A", "a", "", "!@transA"},
    {"Transpose", "B", "b", "", "@transB"},
    {"Identity", "B", "b", "", "!@transB"},
    {"MatMulInteger", "a b a_zero_point b_zero_point", "products", "", NULL},
    {"Add", "products C", "sums", "", "C"},
    {"Identity", "products", "sums", "", "!C"},
    {"Cast", "sums", "real", "to:1", NULL},
    {"Mul", "a_scale b_scale", "scales", "", NULL},
    {"Constant", "", "alpha", "value_float=alpha", "?alpha"},
    {"Mul", "scales alpha", "factors", "", "?alpha"},
    {"Identity", "scales", "factors", "", "!?alpha"},
    {"Mul", "real factors", "y", "", NULL},
    {"QuantizeLinear", "y y_scale y_zero_point", "Y", "", "y_scale"},
    {"Identity", "y", "Y", "", "!y_scale"}};

#define TO_FLOAT                                                                                   \
    {"Cast", "products", "real", "to:1", NULL}, {"Mul", "a_scale b_scale", "scales", "", NULL},    \
        {"Mul", "real scales", "y", "", NULL}, {"Add", "y bias", "Y", "", "bias"}, {               \
        "Identity", "y", "Y", "", "!bias"                                                          \
    }

static const iou_composed_node matmul_to_float[] = {
    {"MatMulInteger", "A B a_zero_point b_zero_point", "products", "", NULL}, TO_FLOAT};
static const iou_composed_node dynamic_matmul[] = {
    {"DynamicQuantizeLinear", "A", "a a_scale a_zero_point", "", NULL},
    {"MatMulInteger", "a B a_zero_point b_zero_point", "products", "", NULL},
    TO_FLOAT};

static const iou_composed_node fused_conv[] = {
    {"Conv", "X W B", "convolved", "auto_pad dilations group kernel_shape pads strides", NULL},
    {"Add", "convolved Z", "sum", "", "Z"},
    {"Identity", "convolved", "sum", "", "!Z"},
    {"Identity", "sum", "Y", "", "!?activation"},
    {"Relu", "sum", "Y", "", "@activation=Relu"},
    {"Sigmoid", "sum", "Y", "", "@activation=Sigmoid"},
    {"Tanh", "sum", "Y", "", "@activation=Tanh"},
    {"LeakyRelu", "sum", "Y", "alpha#0", "@activation=LeakyRelu"},
    {"Clip", "sum", "Y", "min#0 max#1", "@activation=Clip"},
    {"HardSigmoid", "sum", "Y", "alpha#0 beta#1", "@activation=HardSigmoid"}};

#define NODES(name) .nodes = name, .count = sizeof name / sizeof name[0]
#define BINARY_INPUTS                                                                              \
    .inputs = "A A_scale A_zero_point B B_scale B_zero_point C_scale C_zero_point", .outputs = "C"
#define UNARY_INPUTS .inputs = "X X_scale X_zero_point Y_scale Y_zero_point", .outputs = "Y"

static const iou_composed table[] = {
    {"DequantizeLinear", "x x_scale x_zero_point", "y", "axis", .opset = OPSET, NODES(dequantize)},
    {"DynamicQuantizeMatMul", "A B b_scale b_zero_point bias", "Y", "", .opset = OPSET,
     NODES(dynamic_matmul)},
    {"FusedConv", "X W B Z", "Y",
     "activation activation_params auto_pad dilations group kernel_shape pads strides",
     .choice = "activation", .choices = "Relu Sigmoid Tanh LeakyRelu Clip HardSigmoid",
     .opset = WITH_LIMITS, NODES(fused_conv)},
    {"MatMulIntegerToFloat", "A B a_scale b_scale a_zero_point b_zero_point bias", "Y", "",
     .opset = OPSET, NODES(matmul_to_float)},
    {"QGemm", "A a_scale a_zero_point B b_scale b_zero_point C y_scale y_zero_point", "Y",
     "alpha transA transB", .opset = OPSET, NODES(gemm)},
    {"QLinearAdd", BINARY_INPUTS, .attributes = "", .opset = OPSET, NODES(add)},
    {"QLinearAveragePool", UNARY_INPUTS,
     .attributes = "auto_pad ceil_mode channels_last count_include_pad kernel_shape pads strides",
     .zero = "channels_last", .opset = OPSET, NODES(average_pool)},
    {"QLinearConcat", "Y_scale Y_zero_point ...", "Y", "axis", .opset = OPSET, NODES(concat)},
    {"QLinearGlobalAveragePool", UNARY_INPUTS, .attributes = "channels_last",
     .zero = "channels_last", .opset = OPSET, NODES(global_average_pool)},
    {"QLinearLeakyRelu", UNARY_INPUTS, .attributes = "alpha", .opset = OPSET, NODES(leaky_relu)},
    {"QLinearMul", BINARY_INPUTS, .attributes = "", .opset = OPSET, NODES(multiply)},
    {"QLinearReduceMean", UNARY_INPUTS, .attributes = "axes keepdims", .opset = WITH_AXES,
     NODES(reduce_mean)},
    {"QLinearSigmoid", UNARY_INPUTS, .attributes = "", .opset = OPSET, NODES(sigmoid)},
    {"QLinearSoftmax", UNARY_INPUTS, .attributes = "axis opset", .opset = 0, NODES(softmax)},
    {"QLinearWhere", "condition X x_scale x_zero_point Y y_scale y_zero_point z_scale z_zero_point",
     "Z", "", .opset = OPSET, NODES(where)},
    {"QuantizeLinear", "x y_scale y_zero_point", "y", "axis", .opset = OPSET, NODES(quantize)},
};

const iou_composed *iou_composed_find(const char *domain, const char *type) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(domain, IOU_COMPOSED_DOMAIN) == 0 && strcmp(table[i].type, type) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

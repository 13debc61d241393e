#include "ops/recurrent/cell_activation.h"

#include <math.h>
#include <strings.h>

static double affine(double x, double alpha, double beta) {
    return alpha * x + beta;
}

static double relu(double x, double alpha, double beta) {
    (void)alpha;
    (void)beta;
    return x < 0.0 ? 0.0 : x;
}

static double leaky_relu(double x, double alpha, double beta) {
    (void)beta;
    return x < 0.0 ? alpha * x : x;
}

static double thresholded_relu(double x, double alpha, double beta) {
    (void)beta;
    return x >= alpha ? x : 0.0;
}

static double hyperbolic(double x, double alpha, double beta) {
    (void)alpha;
    (void)beta;
    return tanh(x);
}

static double scaled_tanh(double x, double alpha, double beta) {
    return alpha * tanh(beta * x);
}

static double sigmoid(double x, double alpha, double beta) {
    (void)alpha;
    (void)beta;
    return 1.0 / (1.0 + exp(-x));
}

static double hard_sigmoid(double x, double alpha, double beta) {
    const double y = alpha * x + beta;
    return y < 0.0 ? 0.0 : y > 1.0 ? 1.0 : y;
}

static double elu(double x, double alpha, double beta) {
    (void)beta;
    return x < 0.0 ? alpha * expm1(x) : x;
}

static double softsign(double x, double alpha, double beta) {
    (void)alpha;
    (void)beta;
    return x / (1.0 + fabs(x));
}

static double softplus(double x, double alpha, double beta) {
    (void)alpha;
    (void)beta;
    return x > 40.0 ? x : log1p(exp(x));
}

static const struct {
    const char *name;
    iou_cell_fn apply;
    int parameters; /* that it takes: alpha, beta */
    double alpha, beta;
} functions[] = {
    {"Affine", affine, 2, 1.0, 0.0},
    {"Relu", relu, 0, 0.0, 0.0},
    {"LeakyRelu", leaky_relu, 1, (double)0.01f, 0.0},
    {"ThresholdedRelu", thresholded_relu, 1, 1.0, 0.0},
    {"Tanh", hyperbolic, 0, 0.0, 0.0},
    {"ScaledTanh", scaled_tanh, 2, 1.0, 1.0},
    {"Sigmoid", sigmoid, 0, 0.0, 0.0},
    {"HardSigmoid", hard_sigmoid, 2, (double)0.2f, 0.5},
    {"Elu", elu, 1, 1.0, 0.0},
    {"Softsign", softsign, 0, 0.0, 0.0},
    {"Softplus", softplus, 0, 0.0, 0.0},
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* Files write the names in any case. */
static int find(const char *name) {
    for (int i = 0; i < FUNCTIONS; i++) {
        if (strcasecmp(functions[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

iou_status iou_cell_activations_parse(const iou_parse *parse, const char *const *names, int count,
                                      int directions, iou_cell_activation *activations) {
    const iou_node *node = parse->node;
    size_t alphas, betas, next_alpha = 0, next_beta = 0;
    const float *alpha = iou_attribute_floats(node, "activation_alpha", &alphas);
    const float *beta = iou_attribute_floats(node, "activation_beta", &betas);
    char name[32];
    const size_t given = iou_attribute_strings(node, "activations", 0, name, sizeof name);
    const int expected = count * directions;
    /* some exporters list those of one direction for both */
    if (given != 0 && given != (size_t)expected && given != (size_t)count) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "activations: expected %d names, found %zu",
                              expected, given);
    }
    for (int i = 0; i < expected; i++) {
        if (given > 0) {
            (void)iou_attribute_strings(node, "activations", (size_t)i % given, name, sizeof name);
        }
        const int f = find(given > 0 ? name : names[i % count]);
        if (f < 0) {
            return iou_parse_fail(parse, IOU_BAD_MODEL, "activations: '%s' is no function", name);
        }
        const bool has_alpha = functions[f].parameters > 0 && next_alpha < alphas;
        const bool has_beta = functions[f].parameters > 1 && next_beta < betas;
        activations[i] = (iou_cell_activation){
            functions[f].apply, has_alpha ? (double)alpha[next_alpha++] : functions[f].alpha,
            has_beta ? (double)beta[next_beta++] : functions[f].beta};
    }
    return IOU_OK;
}

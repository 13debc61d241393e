/*
 * NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: what the true class of each place costs,
 * weighted by class; the latter takes scores, the former logarithms of probabilities.
 */
#include "ops/facts.h"
#include "ops/real.h"

#include <math.h>

enum { SCORES, TARGET, WEIGHTS, INPUTS };
enum { LOSS, LOG_PROBABILITIES, OUTPUTS };
enum { MEAN, SUM, NONE };

typedef struct loss_attributes {
    int reduction;
    bool ignores; /* places whose target is ignore_index */
    int64_t ignore_index;
} loss_attributes;

typedef struct loss_params {
    loss_attributes how;
    iou_type type, target_type;
    bool softmax, weighted, logarithms;
    size_t pictures, classes, area; /* places of a picture */
} loss_params;

static iou_status loss_parse(const iou_parse *parse) {
    static const char *const reductions[] = {"mean", "sum", "none", NULL};
    loss_attributes *a = parse->attributes;
    a->ignores = iou_attribute_present(parse->node, "ignore_index");
    a->ignore_index = iou_attribute_int(parse->node, "ignore_index", 0);
    return iou_parse_choice(parse, "reduction", reductions, &a->reduction);
}

static iou_status check_weights(const iou_infer *infer) {
    const iou_fact *x = infer->in[SCORES], *weights = iou_fact_in(infer, WEIGHTS);
    if (weights == NULL) {
        return IOU_OK;
    }
    const iou_type same[] = {x->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, WEIGHTS, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
    const bool known = weights->rank == 1 && x->rank > 1 && weights->dims[0].known &&
                       x->dims[1].known && weights->dims[0].value != x->dims[1].value;
    if ((weights->rank >= 0 && weights->rank != 1) || known) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected a weight for each class, found another shape");
    }
    return IOU_OK;
}

/* The shape of the target: that of the scores without classes. */
static iou_status target_shape(const iou_infer *infer, iou_fact *shape) {
    const iou_fact *x = infer->in[SCORES], *target = infer->in[TARGET];
    *shape = *target;
    if (x->rank < 0) {
        return IOU_OK;
    }
    if (x->rank < 2 || (target->rank >= 0 && target->rank != x->rank - 1)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "expected scores of rank 2 or more and a target of one less, found "
                              "%d and %d",
                              x->rank, target->rank);
    }
    shape->rank = x->rank - 1;
    for (int i = 0; i < shape->rank; i++) {
        const iou_dim from_scores = x->dims[i == 0 ? 0 : i + 1];
        const iou_dim own = target->rank < 0 ? iou_dim_unknown() : target->dims[i];
        if (own.known && from_scores.known && own.value != from_scores.value) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "target: expected dimension %d of %lld, found %lld", i,
                                  (long long)from_scores.value, (long long)own.value);
        }
        shape->dims[i] = own.known ? own : from_scores;
    }
    return IOU_OK;
}

static iou_status loss_infer(const iou_infer *infer) {
    const loss_attributes *a = infer->node->attributes;
    const bool softmax = infer->node->op == &iou_op_softmax_cross_entropy_loss;
    iou_fact shape;
    IOU_TRY(iou_fact_begin(infer, 2, INPUTS, softmax ? OUTPUTS : 1));
    IOU_TRY(iou_infer_type(infer, SCORES, iou_types_real));
    IOU_TRY(iou_infer_type(infer, TARGET, iou_types_index));
    IOU_TRY(check_weights(infer));
    IOU_TRY(target_shape(infer, &shape));
    iou_fact *out = &infer->out[LOSS];
    out->type = infer->in[SCORES]->type;
    out->rank = 0;
    if (a->reduction == NONE) {
        iou_fact_shape_like(out, &shape);
    }
    if (infer->node->output_count > LOG_PROBABILITIES) {
        iou_fact_like(&infer->out[LOG_PROBABILITIES], infer->in[SCORES]);
    }
    return IOU_OK;
}

/* The logarithm of the sum of exponentials of a place's scores; 0 where they are logarithms. */
static double normalizer(const loss_params *p, const void *x, size_t at) {
    double most = -(double)INFINITY, sum = 0.0;
    for (size_t c = 0; c < p->classes && p->softmax; c++) {
        most = fmax(most, iou_real_load(p->type, x, at + c * p->area));
    }
    for (size_t c = 0; c < p->classes && p->softmax; c++) {
        sum += exp(iou_real_load(p->type, x, at + c * p->area) - most);
    }
    return p->softmax && p->classes > 0 ? most + log(sum) : 0.0;
}

/* Where the sums over all places depend on their order, one task keeps it. */
static iou_status loss_run(const iou_call *call, size_t task) {
    const loss_params *p = call->params;
    double loss = 0.0, weights = 0.0;
    (void)task;
    for (size_t place = 0; place < p->pictures * p->area; place++) {
        const size_t at = place / p->area * p->classes * p->area + place % p->area;
        const double whole = normalizer(p, call->in[SCORES], at);
        for (size_t c = 0; c < p->classes && p->logarithms; c++) {
            const size_t i = at + c * p->area;
            iou_real_store(p->type, call->out[LOG_PROBABILITIES], i,
                           iou_real_load(p->type, call->in[SCORES], i) - whole);
        }
        const int64_t target = iou_read_int(p->target_type, call->in[TARGET], place);
        const bool ignored = p->how.ignores && target == p->how.ignore_index;
        double cost = 0.0, weight = 0.0;
        if (!ignored) {
            IOU_FAIL_IF(target < 0 || (uint64_t)target >= p->classes, IOU_BAD_DATA, call->error,
                        "target %zu: expected 0 … %lld, found %lld", place,
                        (long long)p->classes - 1, (long long)target);
            const size_t i = at + (size_t)target * p->area;
            weight = p->weighted ? iou_real_load(p->type, call->in[WEIGHTS], (size_t)target) : 1.0;
            cost = weight * (whole - iou_real_load(p->type, call->in[SCORES], i));
        }
        if (p->how.reduction == NONE) {
            iou_real_store(p->type, call->out[LOSS], place, cost);
        }
        loss += cost;
        weights += weight;
    }
    if (p->how.reduction != NONE) {
        iou_real_store(p->type, call->out[LOSS], 0,
                       p->how.reduction == MEAN ? loss / weights : loss);
    }
    return IOU_OK;
}

static iou_status loss_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[SCORES];
    loss_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const loss_attributes *)node->attributes;
    p->type = x->type;
    p->target_type = prepare->in[TARGET]->type;
    p->softmax = node->op == &iou_op_softmax_cross_entropy_loss;
    p->weighted = iou_operand_in(prepare, WEIGHTS) != NULL;
    p->logarithms = node->output_count > LOG_PROBABILITIES;
    p->pictures = (size_t)x->dims[0];
    p->classes = (size_t)x->dims[1];
    p->area = 1;
    for (int i = 2; i < x->rank; i++) {
        p->area *= (size_t)x->dims[i];
    }
    *prepare->step = (iou_step){
        .run = loss_run, .params = p, .task_count = 1, .algorithm = "plain", .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_negative_log_likelihood_loss = {.name = "NegativeLogLikelihoodLoss",
                                                    .attributes_size = sizeof(loss_attributes),
                                                    .parse = loss_parse,
                                                    .infer = loss_infer,
                                                    .prepare = loss_prepare};
const iou_op iou_op_softmax_cross_entropy_loss = {.name = "SoftmaxCrossEntropyLoss",
                                                  .attributes_size = sizeof(loss_attributes),
                                                  .parse = loss_parse,
                                                  .infer = loss_infer,
                                                  .prepare = loss_prepare};

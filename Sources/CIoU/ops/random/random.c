/* RandomUniform, RandomNormal, their Likes, Bernoulli and Multinomial. */
#include "core/sizes.h"
#include "core/convert.h"
#include "ops/facts.h"
#include "ops/random/random_numbers.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>

enum { BLOCK = 256, MOST_SAMPLES = 1 << 24 };

typedef struct random_attributes {
    uint64_t seed;
    iou_type type; /* undefined: that of the input */
    iou_ints shape;
    double first, second; /* low and high, or mean and scale */
    int64_t samples;      /* of Multinomial */
} random_attributes;

typedef struct random_params {
    random_attributes how;
    const iou_op *op;
    iou_type from, to;
    size_t count, classes; /* of the output; of Multinomial */
} random_params;

static bool is_normal(const iou_op *op) {
    return op == &iou_op_random_normal || op == &iou_op_random_normal_like;
}

static bool is_one_of(const iou_type *types, iou_type type) {
    while (*types != IOU_TYPE_UNDEFINED && *types != type) {
        types++;
    }
    return *types == type && type != IOU_TYPE_UNDEFINED;
}

static iou_status random_parse(const iou_parse *parse) {
    const iou_node *node = parse->node;
    const bool shaped = node->op == &iou_op_random_normal || node->op == &iou_op_random_uniform;
    const bool multinomial = node->op == &iou_op_multinomial;
    random_attributes *a = parse->attributes;
    a->seed = iou_random_seed_parse(parse);
    a->first = (double)iou_attribute_float(node, is_normal(node->op) ? "mean" : "low", 0.0f);
    a->second = (double)iou_attribute_float(node, is_normal(node->op) ? "scale" : "high", 1.0f);
    a->samples = iou_attribute_int(node, "sample_size", 1);
    iou_ints_from_attribute(&a->shape, node, "shape");
    const int64_t otherwise = multinomial ? IOU_INT32 : shaped ? IOU_FLOAT : 0;
    const int64_t type = iou_attribute_int(node, "dtype", otherwise);
    a->type = type > 0 ? iou_type_of_number(type) : IOU_TYPE_UNDEFINED;
    const iou_type *types = multinomial                     ? iou_types_index
                            : node->op == &iou_op_bernoulli ? iou_types_any
                                                            : iou_types_real;
    const bool given = shaped || multinomial || iou_attribute_present(node, "dtype");
    if (given && !is_one_of(types, a->type)) {
        return iou_parse_fail(parse, IOU_UNSUPPORTED, "dtype: expected %s or the like, found %lld",
                              iou_type_name(types[0]), (long long)type);
    }
    if (a->samples < 1 || a->samples > MOST_SAMPLES) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "sample_size: expected 1 … 2^24, found %lld",
                              (long long)a->samples);
    }
    if (shaped && (a->shape.state == IOU_INTS_ABSENT || a->shape.count > IOU_MAX_RANK)) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "shape: expected at most %d numbers, found %d",
                              IOU_MAX_RANK, a->shape.count);
    }
    return IOU_OK;
}

/* Of those whose shape is an attribute. */
static iou_status shaped_infer(const iou_infer *infer) {
    const random_attributes *a = infer->node->attributes;
    iou_fact *out = &infer->out[0];
    IOU_TRY(iou_fact_begin(infer, 0, 0, 1));
    out->type = a->type;
    out->rank = a->shape.count;
    for (int i = 0; i < out->rank; i++) {
        if (a->shape.values[i] < 0) {
            return iou_infer_fail(infer, IOU_BAD_MODEL, "shape: expected 0 or more, found %lld",
                                  (long long)a->shape.values[i]);
        }
        out->dims[i] = iou_dim_number(a->shape.values[i]);
    }
    size_t count;
    return iou_fact_count(out, &count)
               ? IOU_OK
               : iou_infer_fail(infer, IOU_LIMIT, "shape: the product of its numbers overflows");
}

static iou_status like_infer(const iou_infer *infer) {
    const random_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    const bool bernoulli = infer->node->op == &iou_op_bernoulli;
    const bool typed = a->type != IOU_TYPE_UNDEFINED;
    IOU_TRY(iou_infer_type(infer, 0, bernoulli || !typed ? iou_types_real : iou_types_any));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = typed ? a->type : infer->in[0]->type;
    return IOU_OK;
}

static iou_status multinomial_infer(const iou_infer *infer) {
    const random_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    const iou_fact *x = infer->in[0];
    iou_fact *out = &infer->out[0];
    if (x->rank >= 0 && (x->rank != 2 || (x->dims[1].known && x->dims[1].value == 0))) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 and classes, found rank %d",
                              x->rank);
    }
    out->type = a->type;
    out->rank = 2;
    out->dims[0] = x->rank == 2 ? x->dims[0] : iou_dim_unknown();
    out->dims[1] = iou_dim_number(a->samples);
    return IOU_OK;
}

/* The class that a share of all probability falls to; `x` are logarithms that need not sum to 1. */
static double draw_class(const random_params *p, const void *x, size_t row, double share) {
    double most = -(double)INFINITY, total = 0.0, sum = 0.0;
    for (size_t c = 0; c < p->classes; c++) {
        most = fmax(most, iou_real_load(p->from, x, row * p->classes + c));
    }
    for (size_t c = 0; c < p->classes; c++) {
        total += exp(iou_real_load(p->from, x, row * p->classes + c) - most);
    }
    for (size_t c = 0; c + 1 < p->classes; c++) {
        sum += exp(iou_real_load(p->from, x, row * p->classes + c) - most);
        if (share * total < sum) {
            return (double)c;
        }
    }
    return (double)(p->classes - 1);
}

static double draw(const random_params *p, const iou_call *call, size_t at) {
    const double uniform = iou_random_uniform(p->how.seed, at);
    if (p->op == &iou_op_multinomial) {
        return draw_class(p, call->in[0], at / (size_t)p->how.samples, uniform);
    }
    if (p->op == &iou_op_bernoulli) {
        return uniform < iou_real_load(p->from, call->in[0], at) ? 1.0 : 0.0;
    }
    return is_normal(p->op) ? p->how.first + p->how.second * iou_random_normal(p->how.seed, at)
                            : p->how.first + (p->how.second - p->how.first) * uniform;
}

static iou_status random_run(const iou_call *call, size_t task) {
    const random_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    for (; at < end; at += BLOCK) {
        const size_t n = iou_size_min(end - at, BLOCK);
        double values[BLOCK];
        for (size_t i = 0; i < n; i++) {
            values[i] = draw(p, call, at + i);
        }
        iou_convert(IOU_DOUBLE, values, p->to, (char *)call->out[0] + at * iou_type_size(p->to), n,
                    (iou_rounding){0});
    }
    return IOU_OK;
}

static iou_status random_prepare(const iou_prepare *prepare) {
    const iou_operand *x = iou_operand_in(prepare, 0);
    random_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->how = *(const random_attributes *)prepare->node->attributes;
    p->op = prepare->node->op;
    p->from = x != NULL ? x->type : IOU_TYPE_UNDEFINED;
    p->to = prepare->out[0].type;
    p->count = prepare->out[0].count;
    p->classes = x != NULL && x->rank == 2 ? (size_t)x->dims[1] : 0;
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : random_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "random",
                                .isa = "scalar"};
    return IOU_OK;
}

#define RANDOM_OP(type, symbol, how)                                                               \
    const iou_op iou_op_##symbol = {.name = type,                                                  \
                                    .random = true,                                                \
                                    .attributes_size = sizeof(random_attributes),                  \
                                    .parse = random_parse,                                         \
                                    .infer = how,                                                  \
                                    .prepare = random_prepare};

RANDOM_OP("Bernoulli", bernoulli, like_infer)
RANDOM_OP("Multinomial", multinomial, multinomial_infer)
RANDOM_OP("RandomNormal", random_normal, shaped_infer)
RANDOM_OP("RandomNormalLike", random_normal_like, like_infer)
RANDOM_OP("RandomUniform", random_uniform, shaped_infer)
RANDOM_OP("RandomUniformLike", random_uniform_like, like_infer)

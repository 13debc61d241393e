/* LpPool and GlobalLpPool: the p-norm of a window, or of all pixels; padding counts as 0. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/pool/window.h"
#include "ops/real.h"
#include "ops/strided_iterator.h"

#include <math.h>

typedef struct lp_attributes {
    iou_window_attributes window; /* of LpPool; first, as iou_window_infer takes it */
    double p;
} lp_attributes;

typedef struct lp_params {
    iou_type type;
    double p;
    iou_pool pool;        /* of LpPool */
    size_t count, pixels; /* of the output; of an input picture, for GlobalLpPool */
} lp_params;

static iou_status parse_norm(const iou_parse *parse) {
    lp_attributes *a = parse->attributes;
    const bool real = parse->node->opset < 2;
    a->p = real ? (double)iou_attribute_float(parse->node, "p", 2.0f)
                : (double)iou_attribute_int(parse->node, "p", 2);
    if (!(a->p >= 1.0)) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "p: expected 1 or more, found %g", a->p);
    }
    return IOU_OK;
}

static iou_status lp_parse(const iou_parse *parse) {
    IOU_TRY(parse_norm(parse));
    return iou_window_parse(parse);
}

static iou_status lp_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    infer->out[0].type = infer->in[0]->type;
    return iou_window_infer(infer, &infer->out[0]);
}

static iou_status global_lp_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_real));
    const iou_fact *x = infer->in[0];
    if (x->rank >= 0 && x->rank < 2) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected rank 2 or more, found %d", x->rank);
    }
    iou_fact_like(&infer->out[0], x);
    for (int i = 2; i < x->rank; i++) {
        infer->out[0].dims[i] = iou_dim_number(1);
    }
    return IOU_OK;
}

/* The sum over the window of output element `at`. */
static double window_sum(const lp_params *params, const void *x, size_t at) {
    const iou_pool *pool = &params->pool;
    const iou_window *w = &pool->window;
    int64_t start[IOU_SPATIAL], first[IOU_SPATIAL], last[IOU_SPATIAL], k[IOU_SPATIAL];
    size_t rest = at;
    for (int i = IOU_SPATIAL - 1; i >= 0; i--) {
        const int64_t place = (int64_t)(rest % (size_t)pool->out[i]);
        rest /= (size_t)pool->out[i];
        start[i] = place * w->stride[i] - w->begin[i];
        iou_pool_taps(pool, i, place, &first[i], &last[i]);
    }
    double sum = 0.0;
    for (k[0] = first[0]; k[0] < last[0]; k[0]++) {
        for (k[1] = first[1]; k[1] < last[1]; k[1]++) {
            for (k[2] = first[2]; k[2] < last[2]; k[2]++) {
                int64_t from = (int64_t)rest;
                for (int i = 0; i < IOU_SPATIAL; i++) {
                    from = from * pool->in[i] + start[i] + k[i] * w->dilation[i];
                }
                sum += pow(fabs(iou_real_load(params->type, x, (size_t)from)), params->p);
            }
        }
    }
    return sum;
}

static iou_status lp_run(const iou_call *call, size_t task) {
    const lp_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    for (; at < end; at++) {
        const double norm = pow(window_sum(p, call->in[0], at), 1.0 / p->p);
        iou_real_store(p->type, call->out[0], at, norm);
    }
    return IOU_OK;
}

static iou_status global_lp_run(const iou_call *call, size_t task) {
    const lp_params *p = call->params;
    double sum = 0.0;
    for (size_t i = 0; i < p->pixels; i++) {
        sum += pow(fabs(iou_real_load(p->type, call->in[0], task * p->pixels + i)), p->p);
    }
    iou_real_store(p->type, call->out[0], task, pow(sum, 1.0 / p->p));
    return IOU_OK;
}

static lp_params *new_params(const iou_prepare *prepare) {
    lp_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p != NULL) {
        p->type = prepare->in[0]->type;
        p->p = ((const lp_attributes *)prepare->node->attributes)->p;
        p->count = prepare->out[0].count;
    }
    return p;
}

static iou_status lp_prepare(const iou_prepare *prepare) {
    lp_params *p = new_params(prepare);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    iou_pool_fill(&p->pool, prepare);
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : lp_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "window",
                                .isa = "scalar"};
    return IOU_OK;
}

static iou_status global_lp_prepare(const iou_prepare *prepare) {
    const iou_operand *x = prepare->in[0];
    lp_params *p = new_params(prepare);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->pixels = 1;
    for (int i = 2; i < x->rank; i++) {
        p->pixels *= (size_t)x->dims[i];
    }
    *prepare->step = (iou_step){.run = p->count == 0 ? iou_run_nothing : global_lp_run,
                                .params = p,
                                .task_count = p->count == 0 ? 1 : p->count,
                                .algorithm = "global",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_lp_pool = {.name = "LpPool",
                               .attributes_size = sizeof(lp_attributes),
                               .parse = lp_parse,
                               .infer = lp_infer,
                               .prepare = lp_prepare};
const iou_op iou_op_global_lp_pool = {.name = "GlobalLpPool",
                                      .attributes_size = sizeof(lp_attributes),
                                      .parse = parse_norm,
                                      .infer = global_lp_infer,
                                      .prepare = global_lp_prepare};

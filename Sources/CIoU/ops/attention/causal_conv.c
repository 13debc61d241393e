/* CausalConvWithState: a one-dimensional depthwise convolution over what was and what comes. */
#include "ops/facts.h"
#include "ops/real.h"
#include "ops/rows.h"

#include <math.h>

enum { X, WEIGHT, BIAS, PAST, Y = 0, PRESENT };

typedef struct causal_attributes {
    int activation;
} causal_attributes;

typedef struct causal_params {
    iou_type type;
    size_t channels, length, taps;
    bool biased, continued, silu; /* continued: PAST is given */
    bool makes[2];
    iou_rows rows; /* a channel of one of the batch each */
} causal_params;

static iou_status causal_parse(const iou_parse *parse) {
    static const char *const words[] = {"none", "silu", "swish", NULL};
    return iou_parse_choice(parse, "activation", words,
                            &((causal_attributes *)parse->attributes)->activation);
}

/* ---- Infer --------------------------------------------------------------------------------- */

static iou_status check_input(const iou_infer *infer, int input, int rank, const iou_dim *dims) {
    if (iou_fact_in(infer, input) == NULL) {
        return IOU_OK;
    }
    const iou_type same[] = {infer->in[X]->type, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_infer_type(infer, input, same[0] == IOU_TYPE_UNDEFINED ? iou_types_real : same));
    return iou_fact_check_dims(infer, input, rank, dims);
}

static iou_status causal_infer(const iou_infer *infer) {
    const iou_dim unknown = iou_dim_unknown();
    IOU_TRY(iou_fact_begin(infer, 2, 4, 2));
    IOU_TRY(iou_infer_type(infer, X, iou_types_real));
    const iou_fact *x = infer->in[X], *weight = infer->in[WEIGHT];
    const iou_dim batch = x->rank == 3 ? x->dims[0] : unknown;
    const iou_dim channels = x->rank == 3 ? x->dims[1] : unknown;
    const iou_dim taps = weight->rank == 3 ? weight->dims[2] : unknown;
    if (taps.known && taps.value < 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "weight: expected 1 tap or more, found 0");
    }
    const iou_dim any[] = {unknown, unknown, unknown};
    const iou_dim kernel[] = {channels, iou_dim_number(1), taps};
    const iou_dim state[] = {batch, channels, iou_infer_add(infer, taps, -1)};
    IOU_TRY(check_input(infer, X, 3, any));
    IOU_TRY(check_input(infer, WEIGHT, 3, kernel));
    IOU_TRY(check_input(infer, BIAS, 1, &channels));
    IOU_TRY(check_input(infer, PAST, 3, state));
    iou_fact_like(&infer->out[Y], x);
    if (infer->node->output_count > PRESENT) {
        iou_fact *present = &infer->out[PRESENT];
        present->type = x->type;
        present->rank = 3;
        for (int i = 0; i < 3; i++) {
            present->dims[i] = state[i];
        }
    }
    return IOU_OK;
}

/* ---- Run ----------------------------------------------------------------------------------- */

/* Element `at` of a row that the past begins. */
static double sample(const causal_params *p, const iou_call *call, size_t row, size_t at) {
    const size_t before = p->taps - 1;
    if (at >= before) {
        return iou_real_load(p->type, call->in[X], row * p->length + at - before);
    }
    return p->continued ? iou_real_load(p->type, call->in[PAST], row * before + at) : 0.0;
}

static void convolve(const causal_params *p, const iou_call *call, size_t row) {
    const size_t channel = row % p->channels;
    for (size_t i = 0; i < p->length; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < p->taps; k++) {
            sum += iou_real_load(p->type, call->in[WEIGHT], channel * p->taps + k) *
                   sample(p, call, row, i + k);
        }
        sum += p->biased ? iou_real_load(p->type, call->in[BIAS], channel) : 0.0;
        iou_real_store(p->type, call->out[Y], row * p->length + i,
                       p->silu ? sum / (1.0 + exp(-sum)) : sum);
    }
}

static iou_status causal_run(const iou_call *call, size_t task) {
    const causal_params *p = call->params;
    const size_t before = p->taps - 1;
    size_t row, end;
    for (iou_rows_range(&p->rows, task, &row, &end); row < end; row++) {
        if (p->makes[Y]) {
            convolve(p, call, row);
        }
        for (size_t i = 0; i < before && p->makes[PRESENT]; i++) {
            iou_real_store(p->type, call->out[PRESENT], row * before + i,
                           sample(p, call, row, p->length + i));
        }
    }
    return IOU_OK;
}

static iou_status causal_prepare(const iou_prepare *prepare) {
    const iou_node *node = prepare->node;
    const iou_operand *x = prepare->in[X];
    causal_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->type = x->type;
    p->channels = (size_t)x->dims[1];
    p->length = (size_t)x->dims[2];
    p->taps = (size_t)prepare->in[WEIGHT]->dims[2];
    p->biased = iou_operand_in(prepare, BIAS) != NULL;
    p->continued = iou_operand_in(prepare, PAST) != NULL;
    p->silu = ((const causal_attributes *)node->attributes)->activation != 0;
    /* without elements there may be any number of rows */
    const bool any = iou_prepare_outputs(prepare, p->makes);
    const size_t rows = any ? (size_t)x->dims[0] * p->channels : 0;
    p->rows = iou_rows_of(rows, (p->length + 1) * p->taps);
    *prepare->step = (iou_step){.run = rows == 0 ? iou_run_nothing : causal_run,
                                .params = p,
                                .task_count = iou_rows_tasks(&p->rows),
                                .algorithm = "rows",
                                .isa = "scalar",
                                .flop = 2.0 * (double)x->count * (double)p->taps};
    return IOU_OK;
}

const iou_op iou_op_causal_conv_with_state = {.name = "CausalConvWithState",
                                              .attributes_size = sizeof(causal_attributes),
                                              .parse = causal_parse,
                                              .infer = causal_infer,
                                              .prepare = causal_prepare};

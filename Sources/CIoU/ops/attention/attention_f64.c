/* Attention of float64, in plain loops. */
#include "ops/attention/attention_op.h"

#include "core/sizes.h"

#include <math.h>
#include <string.h>

size_t iou_attention_scratch_f64(const iou_attention *attention) {
    return iou_size_times(attention->tokens, 2 * sizeof(double)); /* scores, biases */
}

static void show(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                 size_t row, iou_score_stage stage, const double *scores) {
    if (p->makes[IOU_SCORES] && p->how.stage == stage) {
        const size_t at = ((part->batch * p->heads + part->head) * p->rows + row) * p->tokens;
        memcpy((double *)call->out[IOU_SCORES] + at, scores, p->tokens * sizeof *scores);
    }
}

static void score(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                  size_t row, double *scores) {
    const double *query = (const double *)call->in[IOU_QUERY] + part->batch * p->query.batch +
                          part->head * p->query.head + row * p->query.row;
    for (size_t j = 0; j < p->tokens; j++) {
        const double *key = iou_attention_tokens(p, call, part, j, false).data;
        scores[j] = 0.0;
        for (size_t k = 0; k < p->query.width; k++) {
            scores[j] += query[k] * key[k];
        }
        scores[j] *= p->how.scale;
    }
}

/* Zeros where no token may be looked at. */
static void weigh(const iou_attention *p, bool any, double *scores) {
    if (any) {
        iou_softmax_f64(&(iou_softmax_job_f64){
            .x = scores, .y = scores, .extent = p->tokens, .stride = 1, .count = 1});
    } else {
        memset(scores, 0, p->tokens * sizeof *scores);
    }
}

static void mix(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                size_t row, const double *scores) {
    double *out = (double *)call->out[IOU_ATTENDED] + part->batch * p->out.batch +
                  part->head * p->out.head + row * p->out.row;
    memset(out, 0, p->value.width * sizeof *out);
    for (size_t j = 0; j < p->tokens; j++) {
        const double *value = iou_attention_tokens(p, call, part, j, true).data;
        for (size_t k = 0; k < p->value.width; k++) {
            out[k] += scores[j] * value[k];
        }
    }
}

static void attend(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                   size_t row) {
    double *scores = call->scratch, *bias = scores + p->tokens;
    bool any = true;
    score(p, call, part, row, scores);
    show(p, call, part, row, IOU_STAGE_PRODUCT, scores);
    for (size_t j = 0; j < p->tokens && p->how.softcap > 0.0; j++) {
        scores[j] = tanh(scores[j] / p->how.softcap) * p->how.softcap;
    }
    show(p, call, part, row, IOU_STAGE_CAPPED, scores);
    if (iou_attention_is_biased(p)) {
        any = iou_attention_bias_f64(p, call, part, row, bias);
        for (size_t j = 0; j < p->tokens; j++) {
            const bool masked = bias[j] == (double)-INFINITY; /* it may be no number */
            scores[j] = masked ? bias[j] : scores[j] + bias[j];
        }
    }
    show(p, call, part, row, IOU_STAGE_BIASED, scores);
    weigh(p, any, scores);
    show(p, call, part, row, IOU_STAGE_SOFTMAX, scores);
    if (p->makes[IOU_ATTENDED]) {
        mix(p, call, part, row, scores);
    }
}

void iou_attention_run_f64(const iou_attention *attention, const iou_call *call,
                           const iou_attention_part *part) {
    for (size_t i = 0; i < part->rows; i++) {
        attend(attention, call, part, part->row + i);
    }
}

/*
 * Attention over the matrix kernels. Some rows of queries at a time have their scores with all
 * tokens, so that softmax is exact; keys and values are packed a block of tokens at a time, which
 * stays in the second cache.
 */
#include "ops/attention/attention_op.h"

#include "core/sizes.h"

#include <math.h>
#include <string.h>

enum { TOKENS = 512 /* of a block */ };

/* Parts of the scratch memory. */
typedef struct workspace {
    float *keys, *values; /* packed blocks */
    float *scores;        /* [rows of the task][tokens] */
    float *sums;          /* [rows of the task][width of a value], of one block */
    float *bias;          /* [tokens] */
} workspace;

static size_t keys_size(const iou_attention *p) {
    return iou_gemm_packed_size(p->gemm, p->query.width, iou_size_min(TOKENS, p->tokens));
}

static size_t values_size(const iou_attention *p) {
    return iou_gemm_packed_size(p->gemm, iou_size_min(TOKENS, p->tokens), p->value.width);
}

size_t iou_attention_scratch_f32(const iou_attention *attention) {
    const iou_attention *p = attention;
    const size_t scores = iou_size_times(p->row_step, p->tokens);
    const size_t sums = iou_size_times(p->row_step, p->value.width);
    const size_t keys = keys_size(p), values = values_size(p), most = SIZE_MAX / 64;
    if (keys == 0 || (values == 0 && p->value.width > 0) || keys > most || values > most ||
        scores > most || sums > most) {
        return SIZE_MAX;
    }
    return (keys + values + scores + sums + p->tokens) * sizeof(float);
}

static workspace workspace_of(const iou_attention *p, const iou_call *call) {
    workspace w = {.keys = call->scratch};
    w.values = w.keys + keys_size(p);
    w.scores = w.values + values_size(p);
    w.sums = w.scores + p->row_step * p->tokens;
    w.bias = w.sums + p->row_step * p->value.width;
    return w;
}

static void multiply(const iou_attention *p, const iou_gemm_right *right, const float *a,
                     size_t a_stride, size_t rows, float *packed, float *c, size_t c_stride) {
    const size_t panels = iou_gemm_panels(p->gemm, right->columns);
    iou_gemm_pack(p->gemm, right, 0, panels, packed);
    iou_gemm_f32(&(iou_gemm_product){.kernels = p->gemm,
                                     .depth = right->depth,
                                     .columns = right->columns,
                                     .a = a,
                                     .a_stride = a_stride,
                                     .packed = packed,
                                     .c = c,
                                     .c_stride = c_stride,
                                     .step = iou_caches_product_step(p->caches),
                                     .bare = true},
                 0, rows, 0, panels);
}

static void score(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                  const workspace *w) {
    const float *query = (const float *)call->in[IOU_QUERY] + part->batch * p->query.batch +
                         part->head * p->query.head + part->row * p->query.row;
    for (size_t at = 0; at < p->tokens;) {
        const iou_token_rows rows = iou_attention_tokens(p, call, part, at, false);
        const iou_gemm_right keys = {.depth = p->query.width,
                                     .columns = iou_size_min(TOKENS, rows.count),
                                     .b = rows.data,
                                     .row_stride = 1,
                                     .column_stride = rows.stride,
                                     .scale = (float)p->how.scale};
        multiply(p, &keys, query, p->query.row, part->rows, w->keys, w->scores + at, p->tokens);
        at += keys.columns;
    }
}

static void cap(const iou_attention *p, float *scores) {
    const float most = (float)p->how.softcap;
    for (size_t j = 0; j < p->tokens && most > 0.0F; j++) {
        scores[j] = tanhf(scores[j] / most) * most;
    }
}

/* A score that is masked may be no number, which is rare: the sums are looked through first. */
static void add_bias(const iou_attention *p, const float *bias, float *scores) {
    int odd = 0;
    for (size_t j = 0; j < p->tokens; j++) {
        scores[j] += bias[j];
        odd |= scores[j] != scores[j];
    }
    for (size_t j = 0; j < p->tokens && odd != 0; j++) {
        scores[j] = bias[j] == -INFINITY ? -INFINITY : scores[j];
    }
}

/* Softmax of the row; zeros where no token may be looked at. */
static void weigh(const iou_attention *p, bool any, float *scores) {
    if (!any) {
        memset(scores, 0, p->tokens * sizeof *scores);
        return;
    }
    p->softmax->row(
        &(iou_softmax_job){.x = scores, .y = scores, .extent = p->tokens, .stride = 1, .count = 1});
}

static void show(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                 size_t row, iou_score_stage stage, const float *scores) {
    if (p->makes[IOU_SCORES] && p->how.stage == stage) {
        const size_t at = ((part->batch * p->heads + part->head) * p->rows + row) * p->tokens;
        memcpy((float *)call->out[IOU_SCORES] + at, scores, p->tokens * sizeof *scores);
    }
}

static void weigh_rows(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                       const workspace *w) {
    for (size_t i = 0; i < part->rows; i++) {
        float *scores = w->scores + i * p->tokens;
        const size_t row = part->row + i;
        bool any = true;
        show(p, call, part, row, IOU_STAGE_PRODUCT, scores);
        cap(p, scores);
        show(p, call, part, row, IOU_STAGE_CAPPED, scores);
        if (iou_attention_is_biased(p)) {
            any = iou_attention_bias_f32(p, call, part, row, w->bias);
            add_bias(p, w->bias, scores);
        }
        show(p, call, part, row, IOU_STAGE_BIASED, scores);
        weigh(p, any, scores);
        show(p, call, part, row, IOU_STAGE_SOFTMAX, scores);
    }
}

static void add_rows(size_t rows, size_t width, const float *from, float *to, size_t stride) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < width; j++) {
            to[i * stride + j] += from[i * width + j];
        }
    }
}

static void mix(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                const workspace *w) {
    const size_t width = p->value.width;
    float *out = (float *)call->out[IOU_ATTENDED] + part->batch * p->out.batch +
                 part->head * p->out.head + part->row * p->out.row;
    for (size_t at = 0; at < p->tokens;) {
        const iou_token_rows rows = iou_attention_tokens(p, call, part, at, true);
        const iou_gemm_right values = {.depth = iou_size_min(TOKENS, rows.count),
                                       .columns = width,
                                       .b = rows.data,
                                       .row_stride = rows.stride,
                                       .column_stride = 1,
                                       .scale = 1.0F};
        const bool first = at == 0;
        multiply(p, &values, w->scores + at, p->tokens, part->rows, w->values,
                 first ? out : w->sums, first ? p->out.row : width);
        if (!first) {
            add_rows(part->rows, width, w->sums, out, p->out.row);
        }
        at += values.depth;
    }
}

void iou_attention_run_f32(const iou_attention *attention, const iou_call *call,
                           const iou_attention_part *part) {
    const workspace w = workspace_of(attention, call);
    score(attention, call, part, &w);
    weigh_rows(attention, call, part, &w);
    if (attention->makes[IOU_ATTENDED]) {
        mix(attention, call, part, &w);
    }
}

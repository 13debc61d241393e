/* The tokens of a head: where their keys and values are, and which a query may look at. */
#include "ops/attention/attention.h"

#include "core/sizes.h"

#include <math.h>

iou_token_rows iou_attention_tokens(const iou_attention *attention, const iou_call *call,
                                    const iou_attention_part *part, size_t first, bool values) {
    const iou_attention *p = attention;
    const size_t head = part->head / (p->heads / p->kv_heads);
    const bool past = first < p->past;
    const iou_head_rows *rows = past ? (values ? &p->past_value : &p->past_key)
                                     : (values ? &p->value : &p->key);
    const int input = past ? (values ? IOU_PAST_VALUE : IOU_PAST_KEY)
                           : (values ? IOU_VALUE : IOU_KEY);
    const size_t row = past ? first : first - p->past;
    const size_t at = part->batch * rows->batch + head * rows->head + row * rows->row;
    return (iou_token_rows){.data = (const char *)call->in[input] + at * iou_type_size(p->type),
                            .count = (past ? p->past : p->tokens) - first,
                            .stride = rows->row};
}

bool iou_attention_is_biased(const iou_attention *attention) {
    return attention->mask.given || attention->how.causal || attention->counted;
}

static void load_mask(const iou_attention *p, const iou_call *call, const iou_attention_part *part,
                      size_t row, double *bias) {
    const iou_attention_mask *mask = &p->mask;
    const size_t at = part->batch * mask->batch + part->head * mask->head + row * mask->row;
    if (mask->truth) {
        const unsigned char *from = (const unsigned char *)call->in[IOU_MASK] + at;
        for (size_t j = 0; j < mask->tokens; j++) {
            bias[j] = from[j] != 0 ? 0.0 : (double)-INFINITY;
        }
    } else if (p->type == IOU_FLOAT) {
        const float *from = (const float *)call->in[IOU_MASK] + at;
        for (size_t j = 0; j < mask->tokens; j++) {
            bias[j] = (double)from[j];
        }
    } else {
        const double *from = (const double *)call->in[IOU_MASK] + at;
        for (size_t j = 0; j < mask->tokens; j++) {
            bias[j] = from[j];
        }
    }
    for (size_t j = mask->tokens; j < p->tokens; j++) {
        bias[j] = (double)-INFINITY;
    }
}

/* Tokens of the batch's own; those behind are padding. */
static size_t token_count(const iou_attention *p, const iou_call *call, size_t batch) {
    const int64_t count =
        p->counted ? ((const int64_t *)call->in[IOU_TOKEN_COUNTS])[batch] : (int64_t)p->tokens;
    return count < 0 ? 0 : iou_size_min((size_t)count, p->tokens);
}

/* How many of the first tokens the row may look at: the last query sees the last token where the
 * counts say which that is, and else the first one the first behind the past. */
static size_t visible(const iou_attention *p, size_t row, size_t count) {
    if (!p->how.causal) {
        return count;
    }
    const size_t before = p->counted ? count : p->past + p->rows;
    return iou_size_min(count, iou_size_less(before + row + 1, p->rows));
}

bool iou_attention_bias(const iou_attention *attention, const iou_call *call,
                        const iou_attention_part *part, size_t row, double *bias) {
    const iou_attention *p = attention;
    const size_t seen = visible(p, row, token_count(p, call, part->batch));
    for (size_t j = 0; j < seen; j++) {
        bias[j] = 0.0;
    }
    if (p->mask.given) {
        load_mask(p, call, part, row, bias);
    }
    bool any = false;
    for (size_t j = 0; j < seen; j++) {
        any = any || bias[j] != (double)-INFINITY;
    }
    for (size_t j = seen; j < p->tokens; j++) {
        bias[j] = (double)-INFINITY;
    }
    return any;
}

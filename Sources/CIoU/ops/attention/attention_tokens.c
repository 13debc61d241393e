/* The tokens of a head: where their keys and values are, and which a query may look at. */
#include "ops/attention/attention_op.h"

#include "core/sizes.h"

#include <math.h>
#include <string.h>

iou_token_rows iou_attention_tokens(const iou_attention *attention, const iou_call *call,
                                    const iou_attention_part *part, size_t first, bool values) {
    const iou_attention *p = attention;
    const size_t head = part->head / (p->heads / p->kv_heads);
    const bool past = first < p->past;
    const iou_head_rows *rows =
        past ? (values ? &p->past_value : &p->past_key) : (values ? &p->value : &p->key);
    const int input =
        past ? (values ? IOU_PAST_VALUE : IOU_PAST_KEY) : (values ? IOU_VALUE : IOU_KEY);
    const size_t row = past ? first : first - p->past;
    const size_t at = part->batch * rows->batch + head * rows->head + row * rows->row;
    return (iou_token_rows){.data = (const char *)call->in[input] + at * iou_type_size(p->type),
                            .count = (past ? p->past : p->tokens) - first,
                            .stride = rows->row};
}

bool iou_attention_is_biased(const iou_attention *attention) {
    return attention->mask.given || attention->counted || attention->how.left >= 0 ||
           attention->how.right >= 0;
}

/* Tokens of the batch's own; those behind are padding. */
static size_t token_count(const iou_attention *p, const iou_call *call, size_t batch) {
    const int64_t count =
        p->counted ? ((const int64_t *)call->in[IOU_TOKEN_COUNTS])[batch] : (int64_t)p->tokens;
    return count < 0 ? 0 : iou_size_min((size_t)count, p->tokens);
}

/* Which tokens the row may look at by its place: the last query is the last token where the counts
 * say which that is, and else the first query is the first token behind the past. */
typedef struct window {
    size_t begin, end;
} window;

static window window_of(const iou_attention *p, size_t row, size_t count) {
    const int64_t place =
        (int64_t)row + (p->counted ? (int64_t)count - (int64_t)p->rows : (int64_t)p->past);
    const int64_t left = p->how.left, right = p->how.right, all = (int64_t)count;
    window seen = {0, count};
    if (left >= 0 && place > left) {
        seen.begin = place - left < all ? (size_t)(place - left) : count;
    }
    if (right >= 0 && right < all - 1 - place) {
        seen.end = place + right < 0 ? 0 : (size_t)(place + right) + 1;
    }
    seen.end = iou_size_max(seen.begin, seen.end);
    return seen;
}

#define BIAS(name, type)                                                                           \
    bool name(const iou_attention *attention, const iou_call *call,                                \
              const iou_attention_part *part, size_t row, type *bias) {                            \
        const iou_attention *p = attention;                                                        \
        const iou_attention_mask *mask = &p->mask;                                                 \
        const window seen = window_of(p, row, token_count(p, call, part->batch));                  \
        const size_t end = iou_size_min(seen.end, mask->tokens);                                   \
        const size_t at = part->batch * mask->batch + part->head * mask->head + row * mask->row;   \
        int any = 0;                                                                               \
        for (size_t j = 0; j < p->tokens; j++) {                                                   \
            bias[j] = (type)-INFINITY;                                                             \
        }                                                                                          \
        if (!mask->given) {                                                                        \
            memset(bias + seen.begin, 0, iou_size_less(end, seen.begin) * sizeof *bias);           \
        } else if (!mask->truth) {                                                                 \
            memcpy(bias + seen.begin, (const type *)call->in[IOU_MASK] + at + seen.begin,          \
                   iou_size_less(end, seen.begin) * sizeof *bias);                                 \
        } else {                                                                                   \
            const unsigned char *from = (const unsigned char *)call->in[IOU_MASK] + at;            \
            for (size_t j = seen.begin; j < end; j++) {                                            \
                bias[j] = from[j] != 0 ? 0 : (type)-INFINITY;                                      \
            }                                                                                      \
        }                                                                                          \
        for (size_t j = seen.begin; j < end; j++) {                                                \
            any |= bias[j] != (type)-INFINITY;                                                     \
        }                                                                                          \
        return any != 0;                                                                           \
    }

BIAS(iou_attention_bias_f32, float)
BIAS(iou_attention_bias_f64, double)

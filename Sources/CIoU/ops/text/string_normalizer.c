/* StringNormalizer: strings without some words, in lower or upper case. Case is that of ASCII: for
 * other letters it is a matter of the locale, and such strings are refused where case matters. */
#include "ops/facts.h"
#include "ops/run_pool.h"

#include <string.h>

typedef enum case_change { NONE, LOWER, UPPER } case_change;

typedef struct normalizer_attributes {
    const iou_text *const *words;
    size_t count;
    bool case_sensitive;
    int change; /* case_change */
} normalizer_attributes;

static iou_status normalizer_parse(const iou_parse *parse) {
    static const char *const changes[] = {"NONE", "LOWER", "UPPER", NULL};
    normalizer_attributes *a = parse->attributes;
    IOU_TRY(iou_attribute_texts(parse, "stopwords", &a->words, &a->count));
    IOU_TRY(iou_parse_flag(parse, "is_case_sensitive", false, &a->case_sensitive));
    a->change = NONE;
    return iou_parse_choice(parse, "case_change_action", changes, &a->change);
}

static iou_status normalizer_infer(const iou_infer *infer) {
    static const iou_type string[] = {IOU_STRING, IOU_TYPE_UNDEFINED};
    const normalizer_attributes *a = infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, string));
    const iou_fact *in = infer->in[0];
    iou_fact *out = &infer->out[0];
    const bool one_row =
        in->rank == 1 || (in->rank == 2 && (!in->dims[0].known || in->dims[0].value == 1));
    if (in->rank >= 0 && !one_row) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "expected shape [C] or [1, C], found rank %d%s",
                              in->rank, in->rank == 2 ? " with other rows" : "");
    }
    iou_fact_like(out, in);
    out->type = IOU_STRING;
    if (in->rank > 0 &&
        (a->count > 0 || (in->dims[in->rank - 1].known && in->dims[in->rank - 1].value == 0))) {
        out->dims[in->rank - 1] = iou_fact_new_symbol(infer, in->rank - 1);
    }
    return IOU_OK;
}

static char changed(char c, int change) {
    const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
    const char other = (char)(c ^ 0x20);
    return (change == LOWER && upper) || (change == UPPER && lower) ? other : c;
}

static iou_status check_ascii(const iou_call *call, const iou_text *text) {
    for (size_t i = 0; i < iou_text_length(text); i++) {
        IOU_FAIL_IF((text->bytes[i] & 0x80) != 0, IOU_UNSUPPORTED, call->error,
                    "expected ASCII where case matters, found '%.*s'",
                    (int)(text->length < 64 ? text->length : 64), text->bytes);
    }
    return IOU_OK;
}

static bool is_word(const iou_text *text, const iou_text *word, bool case_sensitive) {
    const size_t length = iou_text_length(text);
    bool same = length == iou_text_length(word);
    for (size_t i = 0; same && i < length; i++) {
        const char a = text->bytes[i], b = word->bytes[i];
        same = a == b || (!case_sensitive && changed(a, LOWER) == changed(b, LOWER));
    }
    return same;
}

static iou_status is_stopped(const iou_call *call, const normalizer_attributes *a,
                             const iou_text *text, bool *stopped) {
    *stopped = false;
    if (a->count > 0 && !a->case_sensitive) {
        IOU_TRY(check_ascii(call, text));
    }
    for (size_t i = 0; i < a->count && !*stopped; i++) {
        *stopped = is_word(text, a->words[i], a->case_sensitive);
    }
    return IOU_OK;
}

static iou_status change_case(const iou_call *call, int change, const iou_text *text,
                              const iou_text **out) {
    *out = text;
    if (change == NONE || iou_text_length(text) == 0) {
        return IOU_OK;
    }
    iou_text *copy;
    IOU_TRY(check_ascii(call, text));
    IOU_TRY(iou_run_pool_add_text(call->pool, text->length, &copy, call->error));
    for (size_t i = 0; i < text->length; i++) {
        copy->bytes[i] = changed(text->bytes[i], change);
    }
    *out = copy;
    return IOU_OK;
}

static iou_status normalizer_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    const normalizer_attributes *a = step->attributes;
    const iou_operand *in = step->in[0];
    const iou_text *const *texts = call->in[0];
    int64_t dims[IOU_MAX_RANK] = {1, 1};
    size_t kept = 0;
    bool stopped;
    (void)task;
    for (size_t i = 0; i < in->count; i++) {
        IOU_TRY(is_stopped(call, a, texts[i], &stopped));
        kept += !stopped;
    }
    /* Where nothing is left, the output is one empty string. */
    dims[in->rank - 1] = kept > 0 ? (int64_t)kept : 1;
    void *out = call->out[0];
    if (a->count > 0 || in->count == 0) {
        IOU_TRY(iou_call_make(call, 0, IOU_STRING, in->rank, dims, &out));
    }
    const iou_text **to = out;
    if (kept == 0) {
        to[0] = NULL;
    }
    for (size_t i = 0, at = 0; i < in->count; i++) {
        IOU_TRY(is_stopped(call, a, texts[i], &stopped));
        if (!stopped) {
            IOU_TRY(change_case(call, a->change, texts[i], &to[at++]));
        }
    }
    return IOU_OK;
}

static iou_status normalizer_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, normalizer_run);
}

const iou_op iou_op_string_normalizer = {.name = "StringNormalizer",
                                         .attributes_size = sizeof(normalizer_attributes),
                                         .parse = normalizer_parse,
                                         .infer = normalizer_infer,
                                         .prepare = normalizer_prepare,
                                         .pooled = true,
                                         .accepts = IOU_ACCEPTS_STRINGS};

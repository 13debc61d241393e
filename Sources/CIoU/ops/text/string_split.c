/* StringSplit: the parts of each string, and how many there are. */
#include "ops/facts.h"
#include "ops/run_pool.h"

#include <string.h>

typedef struct split_attributes {
    const iou_text *delimiter; /* empty: any white space */
    size_t most;               /* parts of a string */
} split_attributes;

static iou_status split_parse(const iou_parse *parse) {
    split_attributes *a = parse->attributes;
    const iou_text *const *delimiter;
    size_t count;
    IOU_TRY(iou_attribute_texts(parse, "delimiter", &delimiter, &count));
    a->delimiter = count > 0 ? delimiter[0] : NULL;
    const int64_t splits = iou_attribute_int(parse->node, "maxsplit", -1);
    a->most = splits < 0 ? SIZE_MAX : (size_t)splits + 1;
    return IOU_OK;
}

static iou_status split_infer(const iou_infer *infer) {
    static const iou_type string[] = {IOU_STRING, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, 1, 2));
    IOU_TRY(iou_infer_type(infer, 0, string));
    const iou_fact *in = infer->in[0];
    if (in->rank >= IOU_MAX_RANK) {
        return iou_infer_fail(infer, IOU_UNSUPPORTED, "expected rank %d at most, found %d",
                              IOU_MAX_RANK - 1, in->rank);
    }
    iou_fact_like(&infer->out[0], in);
    infer->out[0].type = IOU_STRING;
    if (in->rank >= 0) {
        infer->out[0].dims[in->rank] = iou_fact_new_symbol(infer, in->rank);
        infer->out[0].rank++;
    }
    if (infer->node->output_count > 1) {
        iou_fact_shape_like(&infer->out[1], in);
        infer->out[1].type = IOU_INT64;
    }
    return IOU_OK;
}

/** A part of a string that is being split, and what is behind it. */
typedef struct part {
    const char *begin;
    size_t length, next; /* next: where the following part begins; SIZE_MAX: there is none */
} part;

/** As C's isspace has it, in any locale. */
static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool begins_with(const char *bytes, size_t length, const iou_text *what) {
    const size_t size = iou_text_length(what);
    return size <= length && memcmp(bytes, iou_text_bytes(what), size) == 0;
}

/** The part from byte `at` on, which is a part's beginning; `last`: no other may follow. */
static part cut(const iou_text *text, size_t at, const iou_text *delimiter, bool last) {
    const char *bytes = iou_text_bytes(text);
    const size_t length = iou_text_length(text), size = iou_text_length(delimiter);
    size_t end = at;
    while (end < length && (last || (size > 0 ? !begins_with(bytes + end, length - end, delimiter)
                                              : !is_space(bytes[end])))) {
        end++;
    }
    part found = {bytes + at, end - at, SIZE_MAX};
    if (size > 0) {
        found.next = end < length ? end + size : SIZE_MAX;
        return found;
    }
    size_t next = end;
    while (next < length && is_space(bytes[next])) {
        next++;
    }
    found.next = next < length ? next : SIZE_MAX;
    return found;
}

/** Where the first part begins; SIZE_MAX: a string of white space has none. */
static size_t first_part(const iou_text *text, const iou_text *delimiter) {
    size_t at = 0;
    while (iou_text_length(delimiter) == 0 && at < iou_text_length(text) &&
           is_space(iou_text_bytes(text)[at])) {
        at++;
    }
    return iou_text_length(delimiter) == 0 && at == iou_text_length(text) ? SIZE_MAX : at;
}

/** Counts the parts of a string; copies them to `out`, where that is not NULL. */
static iou_status split(const iou_call *call, const split_attributes *a, const iou_text *text,
                        const iou_text **out, size_t *count) {
    *count = 0;
    for (size_t at = first_part(text, a->delimiter); at != SIZE_MAX;) {
        const part found = cut(text, at, a->delimiter, *count + 1 == a->most);
        if (out) {
            iou_text *copy;
            IOU_TRY(iou_run_pool_add_text(call->pool, found.length, &copy, call->error));
            memcpy(copy->bytes, found.begin, found.length);
            out[*count] = copy;
        }
        ++*count;
        at = found.next;
    }
    return IOU_OK;
}

static iou_status split_run(const iou_call *call, size_t task) {
    const iou_pooled_step *step = call->params;
    const split_attributes *a = step->attributes;
    const iou_operand *in = step->in[0];
    const iou_text *const *texts = call->in[0];
    int64_t dims[IOU_MAX_RANK];
    size_t most = 0, count;
    void *out;
    (void)task;
    for (size_t i = 0; i < in->count; i++) {
        IOU_TRY(split(call, a, texts[i], NULL, &count));
        most = count > most ? count : most;
    }
    memcpy(dims, in->dims, sizeof(int64_t) * (size_t)in->rank);
    dims[in->rank] = (int64_t)most;
    IOU_TRY(iou_call_make(call, 0, IOU_STRING, in->rank + 1, dims, &out));
    for (size_t i = 0; i < in->count; i++) {
        const iou_text **parts = (const iou_text **)out + i * most;
        IOU_TRY(split(call, a, texts[i], parts, &count));
        for (size_t k = count; k < most; k++) {
            parts[k] = NULL; /* an empty string */
        }
        if (call->out[1]) {
            ((int64_t *)call->out[1])[i] = (int64_t)count;
        }
    }
    return IOU_OK;
}

static iou_status split_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, split_run);
}

const iou_op iou_op_string_split = {.name = "StringSplit",
                                    .attributes_size = sizeof(split_attributes),
                                    .parse = split_parse,
                                    .infer = split_infer,
                                    .prepare = split_prepare,
                                    .pooled = true,
                                    .accepts = IOU_ACCEPTS_STRINGS};

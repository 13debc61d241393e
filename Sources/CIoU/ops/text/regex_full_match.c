/* RegexFullMatch: which strings match an expression as a whole. */
#include "core/sizes.h"
#include "ops/facts.h"
#include "ops/text/regex.h"

enum { TEXTS = 64 /* of a task */ };

static iou_status match_parse(const iou_parse *parse) {
    const iou_regex **regex = parse->attributes;
    const iou_text *const *pattern;
    size_t count;
    iou_error error = {0};
    IOU_TRY(iou_attribute_texts(parse, "pattern", &pattern, &count));
    if (count == 0) {
        return iou_parse_fail(parse, IOU_BAD_MODEL, "pattern: expected an expression, found none");
    }
    const iou_status status = iou_regex_compile(pattern[0], parse->memory, regex, &error);
    return status == IOU_OK ? IOU_OK : iou_parse_fail(parse, status, "%s", error.text);
}

static iou_status match_infer(const iou_infer *infer) {
    static const iou_type string[] = {IOU_STRING, IOU_TYPE_UNDEFINED};
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, string));
    iou_fact_shape_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = IOU_BOOL;
    return IOU_OK;
}

typedef struct match_params {
    const iou_regex *regex;
    size_t count;
} match_params;

static iou_status match_run(const iou_call *call, size_t task) {
    const match_params *p = call->params;
    const iou_text *const *texts = call->in[0];
    bool *out = call->out[0];
    const size_t end = iou_size_min((task + 1) * TEXTS, p->count);
    for (size_t i = task * TEXTS; i < end; i++) {
        IOU_FAIL_IF(iou_text_length(texts[i]) >= INT32_MAX, IOU_LIMIT, call->error,
                    "expected strings of less than 2 GiB, found one of %zu bytes",
                    iou_text_length(texts[i]));
        out[i] = iou_regex_matches(p->regex, texts[i], call->scratch);
    }
    return IOU_OK;
}

static iou_status match_prepare(const iou_prepare *prepare) {
    match_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (!p) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->regex = *(const iou_regex *const *)prepare->node->attributes;
    p->count = prepare->in[0]->count;
    const size_t tasks = iou_divide_up(p->count, TEXTS);
    *prepare->step = (iou_step){.run = match_run,
                                .params = p,
                                .task_count = iou_size_max(tasks, 1),
                                .scratch_size = iou_regex_scratch(p->regex),
                                .algorithm = "automaton",
                                .isa = "scalar"};
    return IOU_OK;
}

const iou_op iou_op_regex_full_match = {.name = "RegexFullMatch",
                                        .attributes_size = sizeof(const iou_regex *),
                                        .parse = match_parse,
                                        .infer = match_infer,
                                        .prepare = match_prepare,
                                        .accepts = IOU_ACCEPTS_STRINGS};

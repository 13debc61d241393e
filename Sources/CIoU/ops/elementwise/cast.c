/* Cast and CastLike. */
#include "core/convert.h"
#include "ops/facts.h"

#include "core/sizes.h"
#include "ops/strided_iterator.h"

#include <string.h>

typedef struct cast_attributes {
    iou_type to; /* of Cast */
    iou_rounding rounding;
} cast_attributes;

typedef struct cast_params {
    size_t count;
    iou_type from, to;
    iou_rounding rounding;
} cast_params;

static iou_status cast_run(const iou_call *call, size_t task) {
    const cast_params *p = call->params;
    size_t at, end;
    iou_chunk(task, p->count, &at, &end);
    iou_convert(p->from, (const char *)call->in[0] + at * iou_type_size(p->from), p->to,
                (char *)call->out[0] + at * iou_type_size(p->to), end - at, p->rounding);
    return IOU_OK;
}

static iou_status cast_prepare(const iou_prepare *prepare) {
    cast_params *p = iou_prepare_alloc(prepare, sizeof *p);
    if (p == NULL) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    p->count = prepare->out[0].count;
    p->from = prepare->in[0]->type;
    p->to = prepare->out[0].type;
    p->rounding = ((const cast_attributes *)prepare->node->attributes)->rounding;
    if (p->from == p->to) {
        return iou_prepare_copy(prepare);
    }
    *prepare->step = (iou_step){.run = cast_run,
                                .params = p,
                                .task_count = iou_chunk_tasks(p->count),
                                .algorithm = "element-wise",
                                .isa = "scalar"};
    return IOU_OK;
}

static bool holds_elements(iou_type type) {
    return type == IOU_INT32 || type == IOU_INT64 || type == IOU_BOOL;
}

/* Known elements survive where both types can carry them. */
static iou_status cast_value(const iou_infer *infer, iou_fact *out) {
    const iou_fact *in = infer->in[0];
    const int count = iou_fact_value_count(in);
    if (out->type == in->type) {
        iou_fact_same_value(out, in);
        return IOU_OK;
    }
    if (count < 0 || !holds_elements(out->type)) {
        return IOU_OK;
    }
    iou_dim *elements = iou_infer_elements(infer, out, count);
    if (elements == NULL) {
        return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < count; i++) {
        iou_dim value = iou_fact_value(in, i);
        if (out->type == IOU_BOOL) {
            value = value.known ? iou_dim_number(value.value != 0) : iou_dim_unknown();
        }
        const bool fits = !value.known || iou_type_holds(out->type, value.value);
        elements[i] = fits ? value : iou_dim_unknown();
    }
    return IOU_OK;
}

static iou_status rounding_parse(const iou_parse *parse) {
    static const char *const words[] = {"up", "down", "nearest", NULL};
    cast_attributes *a = parse->attributes;
    int scale = IOU_SCALE_UP;
    IOU_TRY(iou_parse_choice(parse, "round_mode", words, &scale));
    a->rounding.scale = (iou_scale_rounding)scale;
    a->rounding.saturate = iou_attribute_int(parse->node, "saturate", 1) != 0;
    return IOU_OK;
}

/* Before opset 6, `to` is a name. */
static iou_status cast_parse(const iou_parse *parse) {
    static const char *const names[] = {"",        "FLOAT",  "UINT8",  "INT8",   "UINT16",
                                        "INT16",   "INT32",  "INT64",  "STRING", "BOOL",
                                        "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
    iou_type *to = &((cast_attributes *)parse->attributes)->to;
    int64_t number = 0;
    char text[16];
    if (parse->node->opset >= 6) {
        number = iou_attribute_int(parse->node, "to", 0);
    } else if (iou_attribute_string(parse->node, "to", text, sizeof text)) {
        for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
            number = strcmp(names[i], text) == 0 ? (int64_t)i : number;
        }
    }
    *to = iou_type_of_number(number);
    if (iou_type_size(*to) == 0) {
        return iou_parse_fail(parse, IOU_UNSUPPORTED, "cannot cast to %s (type %lld)",
                              iou_type_name(*to), (long long)number);
    }
    return rounding_parse(parse);
}

static iou_status cast_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = ((const cast_attributes *)infer->node->attributes)->to;
    return cast_value(infer, &infer->out[0]);
}

/* The second input gives its type alone. */
static iou_status cast_like_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 2, 2, 1));
    IOU_TRY(iou_infer_type(infer, 0, iou_types_any));
    IOU_TRY(iou_infer_type(infer, 1, iou_types_any));
    iou_fact_like(&infer->out[0], infer->in[0]);
    infer->out[0].type = infer->in[1]->type;
    return infer->in[0]->type == IOU_TYPE_UNDEFINED ? IOU_OK : cast_value(infer, &infer->out[0]);
}

static iou_view cast_view(const iou_node *node, const iou_fact *facts) {
    const bool same = facts[node->inputs[0]].type == facts[node->outputs[0]].type;
    return same ? IOU_VIEW_SAME : IOU_VIEW_NONE;
}

const iou_op iou_op_cast = {.name = "Cast",
                            .layout = IOU_LAYOUT_ELEMENTWISE,
                            .attributes_size = sizeof(cast_attributes),
                            .parse = cast_parse,
                            .infer = cast_infer,
                            .prepare = cast_prepare,
                            .view = cast_view};
const iou_op iou_op_cast_like = {.name = "CastLike",
                                 .attributes_size = sizeof(cast_attributes),
                                 .parse = rounding_parse,
                                 .infer = cast_like_infer,
                                 .prepare = cast_prepare,
                                 .view = cast_view};

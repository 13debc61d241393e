/* Optional, OptionalHasElement and OptionalGetElement. Where ONNX expects an optional, from opset
 * 18 on, a tensor or a sequence is one that has itself as element. */
#include "ops/facts.h"
#include "ops/sequence/sequence.h"

#include "ops/strided_iterator.h"

/* ---- Optional ------------------------------------------------------------------------------ */

static iou_status optional_parse(const iou_parse *parse) {
    iou_type *held = parse->attributes;
    const Onnx__TypeProto *type = iou_attribute_type(parse->node, "type");
    *held = iou_type_from_proto(type);
    if (type && (iou_type_size(*held) == 0 || iou_type_is_optional(*held))) {
        return iou_parse_fail(
            parse, IOU_UNSUPPORTED, "type: expected a tensor or a sequence, found %s",
            *held == IOU_TYPE_UNDEFINED ? iou_type_proto_name(type) : iou_type_name(*held));
    }
    return IOU_OK;
}

static iou_status optional_infer(const iou_infer *infer) {
    const iou_type stated = *(const iou_type *)infer->node->attributes;
    IOU_TRY(iou_fact_begin(infer, 0, 1, 1));
    const iou_fact *in = iou_fact_in(infer, 0);
    if (!in && stated == IOU_TYPE_UNDEFINED) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "type: expected that of an optional without an element, found none");
    }
    const iou_type held = in && in->type != IOU_TYPE_UNDEFINED ? in->type : stated;
    if (iou_type_is_optional(held) || (stated != IOU_TYPE_UNDEFINED && held != stated)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input 0: expected %s, found %s",
                              stated == IOU_TYPE_UNDEFINED ? "a tensor or a sequence"
                                                           : iou_type_name(stated),
                              iou_type_name(held));
    }
    infer->out[0].type = held == IOU_TYPE_UNDEFINED ? held : iou_type_optional(held);
    return IOU_OK;
}

static iou_status optional_run(const iou_call *call, size_t task) {
    const iou_operand *in = iou_pooled_operand(call, 0);
    (void)task;
    if (!in) {
        iou_sequence_write(call, NULL);
        return IOU_OK;
    }
    if (iou_type_is_composite(in->type)) {
        iou_sequence_write(call, *(const void *const *)call->in[0]);
        return IOU_OK;
    }
    const iou_run_pool_tensor *element;
    IOU_TRY(iou_run_pool_copy(call->pool, in, call->in[0], &element, call->error));
    iou_sequence_write(call, element);
    return IOU_OK;
}

static iou_status optional_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, optional_run);
}

const iou_op iou_op_optional = {.name = "Optional",
                                .attributes_size = sizeof(iou_type),
                                .parse = optional_parse,
                                .infer = optional_infer,
                                .prepare = optional_prepare,
                                .pooled = true,
                                .accepts = IOU_ACCEPTS_ALL};

/* ---- OptionalHasElement -------------------------------------------------------------------- */

static iou_status check_given(const iou_infer *infer) {
    const iou_fact *in = iou_fact_in(infer, 0);
    if (infer->node->opset < 18 && in && in->type != IOU_TYPE_UNDEFINED &&
        !iou_type_is_optional(in->type)) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "input 0: expected an optional, found %s",
                              iou_type_name(in->type));
    }
    return IOU_OK;
}

static iou_status has_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, infer->node->opset < 18 ? 1 : 0, 1, 1));
    IOU_TRY(check_given(infer));
    const iou_fact *in = iou_fact_in(infer, 0);
    iou_fact *out = &infer->out[0];
    out->type = IOU_BOOL;
    out->rank = 0;
    if (!in || (in->type != IOU_TYPE_UNDEFINED && !iou_type_is_optional(in->type))) {
        iou_dim *elements = iou_infer_elements(infer, out, 1);
        if (!elements) {
            return iou_infer_fail(infer, IOU_OUT_OF_MEMORY, "no memory");
        }
        elements[0] = iou_dim_number(in != NULL);
    }
    return IOU_OK;
}

static iou_status has_run(const iou_call *call, size_t task) {
    (void)task;
    *(bool *)call->out[0] = *(const void *const *)call->in[0] != NULL;
    return IOU_OK;
}

static iou_status has_prepare(const iou_prepare *prepare) {
    return iou_pooled_prepare(prepare, has_run);
}

const iou_op iou_op_optional_has_element = {.name = "OptionalHasElement",
                                            .infer = has_infer,
                                            .prepare = has_prepare,
                                            .pooled = true,
                                            .accepts = IOU_ACCEPTS_ALL};

/* ---- OptionalGetElement -------------------------------------------------------------------- */

static iou_status get_infer(const iou_infer *infer) {
    IOU_TRY(iou_fact_begin(infer, 1, 1, 1));
    IOU_TRY(check_given(infer));
    const iou_fact *in = infer->in[0];
    iou_fact *out = &infer->out[0];
    out->type = iou_type_held(in->type);
    if (!iou_type_is_optional(in->type)) {
        iou_fact_like(out, in);
        iou_fact_same_value(out, in);
    }
    return IOU_OK;
}

static iou_status get_run(const iou_call *call, size_t task) {
    const void *held = *(const void *const *)call->in[0];
    (void)task;
    IOU_FAIL_IF(!held, IOU_BAD_DATA, call->error,
                "expected an optional with an element, found one without");
    if (iou_type_has_sequence(iou_pooled_operand(call, 0)->type)) {
        iou_sequence_write(call, held);
    } else {
        iou_call_give(call, 0, held);
    }
    return IOU_OK;
}

static iou_status get_prepare(const iou_prepare *prepare) {
    return iou_type_is_composite(prepare->in[0]->type) ? iou_pooled_prepare(prepare, get_run)
                                                       : iou_prepare_copy(prepare);
}

static iou_view get_view(const iou_node *node, const iou_fact *facts) {
    return iou_type_is_composite(facts[node->inputs[0]].type) ? IOU_VIEW_NONE : IOU_VIEW_SAME;
}

const iou_op iou_op_optional_get_element = {.name = "OptionalGetElement",
                                            .infer = get_infer,
                                            .prepare = get_prepare,
                                            .view = get_view,
                                            .pooled = true,
                                            .accepts = IOU_ACCEPTS_ALL};

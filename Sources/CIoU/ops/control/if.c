/*
 * If: its branches' nodes are beside the others, and the planner picks a branch's outputs. What
 * is left of the node has as inputs the condition, the outputs of the branch for true, and those
 * of the branch for false; it never runs.
 */
#include "ops/facts.h"

/** What both branches agree on. */
static void merge(iou_fact *out, const iou_fact *a, const iou_fact *b) {
    out->type = a->type == IOU_TYPE_UNDEFINED ? b->type : a->type;
    out->rank = a->rank == b->rank ? a->rank : -1;
    for (int i = 0; i < out->rank; i++) {
        out->dims[i] = iou_dim_equal(a->dims[i], b->dims[i]) ? a->dims[i] : iou_dim_unknown();
    }
}

static iou_status check_condition(const iou_infer *infer) {
    const iou_fact *condition = infer->in[0];
    size_t count;
    if (condition->type != IOU_TYPE_UNDEFINED && condition->type != IOU_BOOL) {
        return iou_infer_fail(infer, IOU_BAD_MODEL, "the condition must be bool, it is %s",
                              iou_type_name(condition->type));
    }
    if (iou_fact_count(condition, &count) && count != 1) {
        return iou_infer_fail(infer, IOU_BAD_MODEL,
                              "the condition must have one element, it has %zu", count);
    }
    return IOU_OK;
}

static iou_status if_infer(const iou_infer *infer) {
    IOU_TRY(check_condition(infer));
    const int outputs = infer->node->output_count;
    const bool decided =
        iou_fact_value_count(infer->in[0]) == 1 && iou_fact_value(infer->in[0], 0).known;
    for (int i = 0; i < outputs; i++) {
        const iou_fact *yes = infer->in[1 + i], *no = infer->in[1 + outputs + i];
        iou_fact *out = &infer->out[i];
        if (decided) {
            const iou_fact *taken = iou_fact_value(infer->in[0], 0).value ? yes : no;
            iou_fact_like(out, taken);
            iou_fact_same_value(out, taken);
            continue;
        }
        if (yes->type != IOU_TYPE_UNDEFINED && no->type != IOU_TYPE_UNDEFINED &&
            yes->type != no->type) {
            return iou_infer_fail(infer, IOU_BAD_MODEL,
                                  "output %d is %s in one branch and %s in the other", i,
                                  iou_type_name(yes->type), iou_type_name(no->type));
        }
        merge(out, yes, no);
    }
    return IOU_OK;
}

const iou_op iou_op_if = {
    .name = "If", .infer = if_infer, .prepare = NULL, .accepts = IOU_ACCEPTS_ALL};

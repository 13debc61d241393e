/* SequenceMap: its body runs once for each element of a sequence, and makes one of each output. */
#include "ops/body.h"

static iou_status connect(const iou_node *node, iou_body *body, iou_arena *memory,
                          iou_error *error) {
    (void)memory;
    IOU_FAIL_IF(node->input_count != body->input_count || body->input_count == 0, IOU_BAD_MODEL,
                error,
                "node '%s' (SequenceMap): body: expected %d inputs as the node has, found %d",
                node->name, node->input_count, body->input_count);
    IOU_FAIL_IF(node->output_count > body->output_count, IOU_BAD_MODEL, error,
                "node '%s' (SequenceMap): body: expected at least %d outputs, found %d", node->name,
                node->output_count, body->output_count);
    for (int i = 0; i < node->input_count; i++) {
        IOU_FAIL_IF(node->inputs[i] < 0, IOU_BAD_MODEL, error,
                    "node '%s' (SequenceMap): input %d is missing", node->name, i);
    }
    body->mapped = true;
    body->scanned = body->own_inputs = body->input_count;
    body->collected = body->output_count;
    return IOU_OK;
}

static const iou_body_rule rule = {connect};

const iou_op iou_op_sequence_map = {.name = "SequenceMap",
                                    .infer = iou_body_infer,
                                    .prepare = iou_body_prepare,
                                    .body = &rule,
                                    .accepts = IOU_ACCEPTS_ALL};

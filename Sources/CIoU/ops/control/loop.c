/* Loop: its body runs until the trip count is reached or the condition is false. */
#include "ops/body.h"

static iou_status connect(const iou_node *node, iou_body *body, iou_arena *memory,
                          iou_error *error) {
    (void)memory;
    const int states = body->input_count - 2;
    IOU_FAIL_IF(states < 0, IOU_BAD_MODEL, error,
                "node '%s' (Loop): body: expected at least 2 inputs (iteration, condition), "
                "found %d",
                node->name, body->input_count);
    IOU_FAIL_IF(node->input_count > body->input_count, IOU_BAD_MODEL, error,
                "node '%s' (Loop): body: expected %d inputs as the node has, found %d", node->name,
                node->input_count, body->input_count);
    IOU_FAIL_IF(body->output_count < 1 + states, IOU_BAD_MODEL, error,
                "node '%s' (Loop): body: expected at least %d outputs (condition, %d states), "
                "found %d",
                node->name, 1 + states, states, body->output_count);
    IOU_FAIL_IF(node->output_count > body->output_count - 1, IOU_BAD_MODEL, error,
                "node '%s' (Loop): expected at most %d outputs as its body has, found %d",
                node->name, body->output_count - 1, node->output_count);
    body->counted = true;
    body->first_state = 2;
    body->states = states;
    body->collected = body->output_count - 1 - states;
    body->own_inputs = body->input_count;
    for (int i = 2; i < body->own_inputs; i++) {
        IOU_FAIL_IF(i >= node->input_count || node->inputs[i] < 0, IOU_BAD_MODEL, error,
                    "node '%s' (Loop): input %d is missing, its body has %d inputs", node->name, i,
                    body->input_count);
    }
    return IOU_OK;
}

static const iou_body_rule rule = {connect};

const iou_op iou_op_loop = {.name = "Loop",
                            .infer = iou_body_infer,
                            .prepare = iou_body_prepare,
                            .body = &rule,
                            .accepts = IOU_ACCEPTS_ALL};

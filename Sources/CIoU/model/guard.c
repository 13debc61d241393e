#include "model/guard.h"

#include "ops/facts.h"

bool iou_condition_known(const iou_fact *condition, bool *value) {
    if (iou_fact_value_count(condition) != 1) {
        return false;
    }
    const iou_dim element = iou_fact_value(condition, 0);
    *value = element.value != 0;
    return element.known;
}

iou_guard_state iou_guard_look(const iou_model *model, const iou_fact *facts,
                               const iou_guard_state *states, int guard) {
    const iou_guard *g = &model->guards[guard];
    if (g->parent >= 0 && states[g->parent] != IOU_GUARD_TAKEN) {
        return states[g->parent];
    }
    bool value;
    if (!iou_condition_known(&facts[g->condition], &value)) {
        return IOU_GUARD_OPEN;
    }
    return value == g->when ? IOU_GUARD_TAKEN : IOU_GUARD_SKIPPED;
}

bool iou_node_is_if(const iou_node *node) {
    return node->op == &iou_op_if;
}

int iou_if_input(const iou_node *node, int output, bool condition) {
    return 1 + (condition ? 0 : node->output_count) + output;
}

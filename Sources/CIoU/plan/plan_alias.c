/* Groups that compute nothing: their outputs are bytes that exist already. */
#include "plan/plan_builder.h"

#include <string.h>

static bool is(const iou_node *node, const char *op_type) {
    return strcmp(node->op_type, op_type) == 0;
}

static bool is_view(const iou_node *node) {
    static const char *const views[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (is(node, views[i])) {
            return true;
        }
    }
    return false;
}

/** Whether a Transpose only renames the layout that its input has; then the output's layout. */
static bool renames_layout(const iou_plan_builder *b, const iou_node *node, iou_layout *out) {
    const iou_fact *fact = &b->facts[node->inputs[0]];
    size_t count;
    const int64_t *perm = iou_attribute_ints(node, "perm", &count);
    if (!iou_fact_is_spatial(fact) || count != (size_t)fact->rank || perm[0] != 0) {
        return false;
    }
    const int r = fact->rank;
    bool to_last = true, to_first = true;
    for (int i = 1; i < r; i++) {
        to_last = to_last && perm[i] == (i == r - 1 ? 1 : i + 1);
        to_first = to_first && perm[i] == (i == 1 ? r - 1 : i - 1);
    }
    const int *places = b->places[node->inputs[0]];
    if (to_last && places[IOU_CHANNELS_LAST] >= 0) {
        *out = IOU_PLAIN;
        return true;
    }
    if (to_first && places[IOU_PLAIN] >= 0) {
        *out = IOU_CHANNELS_LAST;
        return true;
    }
    return false;
}

/** Gives the output the bytes of the input where the operator computes nothing. */
static iou_status alias_node(iou_plan_builder *b, const iou_node *node, bool *aliased) {
    const int in = node->inputs[0], out = node->outputs[0];
    iou_layout layout;
    *aliased = true;
    if (is_view(node)) {
        return iou_plan_storage_of(b, in, IOU_PLAIN, &b->places[out][IOU_PLAIN]);
    }
    if ((is(node, "Identity") || (is(node, "Dropout") && node->output_count == 1)) &&
        !b->facts[in].data) {
        memcpy(b->places[out], b->places[in], sizeof b->places[out]);
        return IOU_OK;
    }
    if (is(node, "Transpose") && renames_layout(b, node, &layout)) {
        b->places[out][layout] = b->places[in][1 - (int)layout];
        return IOU_OK;
    }
    *aliased = false;
    return IOU_OK;
}

/** The outputs of an If are those of the branch that is taken. */
static void alias_branch(iou_plan_builder *b, const iou_node *node) {
    bool value = false;
    (void)iou_condition_known(&b->facts[node->inputs[0]], &value);
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            memcpy(b->places[node->outputs[i]],
                   b->places[node->inputs[iou_if_input(node, i, value)]], sizeof b->places[0]);
        }
    }
}

iou_status iou_plan_alias(iou_plan_builder *b, const iou_group *group, bool *aliased) {
    const iou_node *node = &b->model->nodes[group->head];
    *aliased = iou_node_is_if(node);
    if (*aliased) {
        alias_branch(b, node);
        return IOU_OK;
    }
    const bool single = !b->request->separate && group->head == group->last;
    return single && node->input_count > 0 && node->inputs[0] >= 0 && node->outputs[0] >= 0
               ? alias_node(b, node, aliased)
               : IOU_OK;
}

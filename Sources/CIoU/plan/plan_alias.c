/* Groups that compute nothing: their outputs are bytes that exist already. */
#include "plan/plan_builder.h"

#include <string.h>

/** Whether two values are the same matrices, which may be swapped alike. */
static bool same_matrices(const iou_fact *a, const iou_fact *b) {
    return a->rank >= 2 && b->rank >= 2 &&
           a->dims[a->rank - 1].value == b->dims[b->rank - 1].value &&
           a->dims[a->rank - 2].value == b->dims[b->rank - 2].value;
}

/** Gives value `out` the bytes of `in` in every layout that means the same for both. */
static iou_status alias_all(iou_plan_builder *b, int in, int out) {
    int *to = b->storages[out];
    memcpy(to, b->storages[in], sizeof b->storages[out]);
    if (to[IOU_SWAPPED] < 0 || same_matrices(&b->facts[in], &b->facts[out])) {
        return IOU_OK;
    }
    to[IOU_SWAPPED] = -1; /* a Reshape to other matrices */
    return to[IOU_PLAIN] < 0 && to[IOU_CHANNELS_LAST] < 0
               ? iou_plan_storage_of(b, in, IOU_PLAIN, &to[IOU_PLAIN])
               : IOU_OK;
}

/** Gives the output the bytes of the input where the operator computes nothing. */
static iou_status alias_node(iou_plan_builder *b, const iou_node *node, bool *aliased) {
    const int in = node->inputs[0], out = node->outputs[0];
    const iou_view view = node->op->view != NULL ? node->op->view(node, b->facts) : IOU_VIEW_NONE;
    const iou_layout from = view == IOU_VIEW_LAST_TO_PLAIN ? IOU_CHANNELS_LAST : IOU_PLAIN;
    *aliased = false;
    switch (view) {
    case IOU_VIEW_PLAIN:
        *aliased = true;
        return iou_plan_storage_of(b, in, IOU_PLAIN, &b->storages[out][IOU_PLAIN]);
    case IOU_VIEW_SAME:
        *aliased = b->facts[in].data == NULL;
        return *aliased ? alias_all(b, in, out) : IOU_OK;
    case IOU_VIEW_LAST_TO_PLAIN:
    case IOU_VIEW_PLAIN_TO_LAST:
        *aliased = b->storages[in][from] >= 0;
        if (*aliased) {
            b->storages[out][1 - (int)from] = b->storages[in][from];
        }
        return IOU_OK;
    case IOU_VIEW_SWAPPED:
        *aliased = true;
        if (b->facts[in].rank == 3 && b->storages[in][IOU_CHANNELS_LAST] >= 0) {
            b->storages[out][IOU_PLAIN] = b->storages[in][IOU_CHANNELS_LAST];
            return IOU_OK;
        }
        return iou_plan_storage_of(b, in, IOU_PLAIN, &b->storages[out][IOU_SWAPPED]);
    case IOU_VIEW_REPEATED:
    case IOU_VIEW_NONE: break;
    }
    return IOU_OK;
}

/** The outputs of an If are those of the branch that is taken. */
static void alias_branch(iou_plan_builder *b, const iou_node *node) {
    bool value = false;
    (void)iou_condition_known(&b->facts[node->inputs[0]], &value);
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            memcpy(b->storages[node->outputs[i]],
                   b->storages[node->inputs[iou_if_input(node, i, value)]], sizeof b->storages[0]);
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
    const bool single = !b->request->reference_mode && group->head == group->last;
    if (!single || node->input_count == 0 || node->inputs[0] < 0 || node->outputs[0] < 0) {
        return IOU_OK;
    }
    IOU_TRY(iou_plan_alias_parts(b, node, aliased));
    return *aliased ? IOU_OK : alias_node(b, node, aliased);
}

/*
 * Which groups may become one step: convolutions that share filters, as those of a detector's head
 * do over the levels of its pyramid.
 */
#include "plan/plan_shared_weights.h"

#include "core/sizes.h"
#include "ops/widen.h"

/* The largest map of a batch: all live at once, and those of a pyramid are 4/3. */
enum { MOST_TIMES = 2 };

bool iou_plan_is_step(const iou_plan_builder *b, int n) {
    return b->groups[n].head >= 0 && !b->groups[n].is_inner;
}

static int input_of(const iou_node *node, int input) {
    return node->input_count > input ? node->inputs[input] : IOU_NO_VALUE;
}

static bool may_batch(const iou_plan_builder *b, int n) {
    const iou_group *group = &b->groups[n];
    if (!iou_plan_is_step(b, n) || group->inner >= 0 || b->request->reference_mode ||
        !iou_epilogue_is_plain(&group->epilogue)) {
        return false;
    }
    const iou_node *node = &b->model->nodes[group->head];
    const int weights = input_of(node, 1);
    return weights >= 0 && b->facts[weights].data != NULL && node->op->batches != NULL &&
           !iou_is_widened(node, b->facts) && node->op->batches(node, b->facts, b->request->isa);
}

static bool share(const iou_plan_builder *b, int one, int other) {
    const iou_node *x = &b->model->nodes[b->groups[one].head],
                   *y = &b->model->nodes[b->groups[other].head];
    return x->input_count == y->input_count && input_of(x, 1) == input_of(y, 1) &&
           input_of(x, 2) == input_of(y, 2);
}

/** Puts node n's group into the batch of an earlier one's. */
static void add_to_batch(iou_shared_weights *s, int earlier, int n) {
    if (s->batch_of[earlier] < 0) {
        if (s->count == IOU_MOST_BATCHES) {
            return;
        }
        s->batches[s->count] = (iou_batch){.count = 1, .first = earlier, .last = earlier};
        s->batch_of[earlier] = s->count++;
    }
    iou_batch *batch = &s->batches[s->batch_of[earlier]];
    s->batch_of[n] = s->batch_of[earlier];
    s->next[batch->last] = n;
    batch->last = n;
    batch->count++;
}

/** Whether the maps that its groups compute are together not much more than the largest. */
static bool is_pyramid(const iou_plan_builder *b, const iou_shared_weights *s,
                       const iou_batch *batch) {
    size_t all = 0, largest = 0;
    for (int n = batch->first; n >= 0; n = s->next[n]) {
        const int map = iou_plan_output_value(b, &b->groups[n], 0);
        const size_t size = iou_plan_fact_size(&b->facts[map]);
        all = all > SIZE_MAX - size ? SIZE_MAX : all + size;
        largest = iou_size_max(size, largest);
    }
    return all / MOST_TIMES <= largest;
}

/** The batches, as bits, of whose groups a group needs what they compute. */
static uint64_t needed_batches(const iou_plan_builder *b, const iou_group *group,
                               const uint64_t *behind) {
    const iou_node *node = &b->model->nodes[group->head];
    uint64_t needed = 0;
    for (int i = 0; i < iou_epilogue_operands(&group->epilogue); i++) {
        needed |= behind[iou_group_operand(group, i)];
    }
    for (int i = 0; i < node->input_count; i++) {
        const int v = iou_unpadded(b->padded, node->inputs[i]);
        needed |= v >= 0 ? behind[v] : 0;
    }
    return group->inner < 0 ? needed : needed | needed_batches(b, &b->groups[group->inner], behind);
}

/** Dissolves batches of which one group needs another; `behind`: the batches of each value, none
 * yet. */
static void dissolve_chains(const iou_plan_builder *b, iou_shared_weights *s, uint64_t *behind) {
    for (int n = 0; n < b->model->node_count; n++) {
        if (!iou_plan_is_step(b, n)) {
            continue;
        }
        uint64_t needed = needed_batches(b, &b->groups[n], behind);
        if (s->batch_of[n] >= 0) {
            const uint64_t own = 1ULL << s->batch_of[n];
            s->batches[s->batch_of[n]].dissolved |= (needed & own) != 0;
            needed |= own;
        }
        for (int i = 0; i < b->model->nodes[b->groups[n].head].output_count; i++) {
            const int v = iou_plan_output_value(b, &b->groups[n], i);
            if (v >= 0) {
                behind[v] = needed;
            }
        }
    }
}

iou_status iou_plan_find_shared_weights(const iou_plan_builder *b, iou_shared_weights *s) {
    const size_t values = (size_t)b->model->value_count + 1;
    const size_t nodes = (size_t)b->model->node_count + 1;
    int *user = iou_arena_alloc(b->scratch, sizeof *user * values); /* of a constant; 0: nobody */
    uint64_t *behind = iou_arena_alloc(b->scratch, sizeof *behind * values);
    s->batch_of = iou_arena_alloc(b->scratch, sizeof(int) * nodes);
    s->next = iou_arena_alloc(b->scratch, sizeof(int) * nodes);
    if (!user || !behind || !s->batch_of || !s->next) {
        return iou_plan_no_memory(b);
    }
    for (int n = 0; n < b->model->node_count; n++) {
        s->batch_of[n] = s->next[n] = -1;
        if (!may_batch(b, n)) {
            continue;
        }
        int *earlier = &user[b->model->nodes[b->groups[n].head].inputs[1]];
        if (*earlier > 0 && share(b, n, *earlier - 1)) {
            add_to_batch(s, *earlier - 1, n);
        }
        *earlier = n + 1;
    }
    for (int i = 0; i < s->count; i++) {
        s->batches[i].dissolved = !is_pyramid(b, s, &s->batches[i]);
    }
    dissolve_chains(b, s, behind);
    return IOU_OK;
}

/*
 * The order of the steps: the model's, but groups that may become one step wait for each other.
 */
#include "plan/plan_shared_weights.h"

typedef enum group_state {
    WAITS,   /* for what a group computes that is not emitted yet */
    ARRIVED, /* and waits for the others of its batch */
    EMITTED
} group_state;

typedef struct ordering {
    iou_plan_builder *b;
    iou_shared_weights shared;
    group_state *states; /* of each node: its group's */
    bool *pending;       /* of each value: a group computes it that is not emitted yet */
    int *waiting;        /* nodes, in the model's order */
    int waiting_count;
} ordering;

static bool is_ready(const ordering *o, const iou_group *group) {
    const iou_node *node = &o->b->model->nodes[group->head];
    bool ready = true;
    for (int i = 0; ready && i < iou_epilogue_operands(&group->epilogue); i++) {
        ready = !o->pending[iou_group_operand(group, i)];
    }
    for (int i = 0; ready && i < node->input_count; i++) {
        const int v = iou_unpadded(o->b->padded, node->inputs[i]);
        ready = v < 0 || !o->pending[v];
    }
    return ready && (group->inner < 0 || is_ready(o, &o->b->groups[group->inner]));
}

static void mark_outputs(const ordering *o, const iou_group *group, bool pending) {
    for (int i = 0; i < o->b->model->nodes[group->head].output_count; i++) {
        const int v = iou_plan_output_value(o->b, group, i);
        if (v >= 0) {
            o->pending[v] = pending;
        }
    }
}

static void note_emitted(ordering *o, int n) {
    o->states[n] = EMITTED;
    mark_outputs(o, &o->b->groups[n], false);
}

static iou_status emit(ordering *o, int n) {
    note_emitted(o, n);
    return iou_plan_emit(o->b, &o->b->groups[n]);
}

static iou_status emit_batch(ordering *o, const iou_batch *batch) {
    iou_plan_builder *b = o->b;
    const iou_group **groups = iou_arena_alloc(b->scratch, sizeof *groups * (size_t)batch->count);
    if (!groups) {
        return iou_plan_no_memory(b);
    }
    size_t count = 0;
    for (int n = batch->first; n >= 0; n = o->shared.next[n]) {
        groups[count++] = &b->groups[n];
        note_emitted(o, n);
    }
    return iou_plan_emit_batched(b, groups, count);
}

/** Emits node n's group if its inputs are there, or its batch if it is the last of that; `*woke`:
 * whether a batch was. */
static iou_status advance(ordering *o, int n, bool *woke) {
    iou_batch *batch =
        o->shared.batch_of[n] >= 0 ? &o->shared.batches[o->shared.batch_of[n]] : NULL;
    o->states[n] = WAITS;
    if (!is_ready(o, &o->b->groups[n])) {
        return IOU_OK;
    }
    if (!batch || batch->dissolved) {
        return emit(o, n);
    }
    o->states[n] = ARRIVED;
    if (++batch->arrived < batch->count) {
        return IOU_OK;
    }
    *woke = true;
    return emit_batch(o, batch);
}

/** Looks at those that wait, again when a batch has been emitted. */
static iou_status wake(ordering *o) {
    for (bool again = true; again;) {
        int kept = 0;
        again = false;
        for (int i = 0; i < o->waiting_count; i++) {
            const int n = o->waiting[i];
            IOU_TRY(advance(o, n, &again));
            if (o->states[n] == WAITS) {
                o->waiting[kept++] = n;
            }
        }
        o->waiting_count = kept;
    }
    return IOU_OK;
}

static iou_status visit(ordering *o, int n) {
    bool woke = false;
    IOU_TRY(advance(o, n, &woke));
    if (o->states[n] == WAITS) {
        o->waiting[o->waiting_count++] = n;
    }
    if (o->states[n] != EMITTED) {
        mark_outputs(o, &o->b->groups[n], true);
    }
    return woke ? wake(o) : IOU_OK;
}

/** The first batch that waits for what cannot come, since two wait for each other; NULL: none. */
static iou_batch *find_stuck(ordering *o) {
    iou_batch *stuck = NULL;
    for (int i = 0; i < o->shared.count; i++) {
        iou_batch *batch = &o->shared.batches[i];
        const bool waits = !batch->dissolved && batch->arrived > 0 && batch->arrived < batch->count;
        if (waits && (!stuck || batch->first < stuck->first)) {
            stuck = batch;
        }
    }
    return stuck;
}

/** Lets the groups of a batch run alone. */
static iou_status dissolve(ordering *o, iou_batch *batch) {
    batch->dissolved = true;
    for (int n = batch->first; n >= 0; n = o->shared.next[n]) {
        if (o->states[n] == ARRIVED) {
            IOU_TRY(emit(o, n));
        }
    }
    return wake(o);
}

static iou_status emit_all(ordering *o) {
    for (int n = 0; n < o->b->model->node_count; n++) {
        if (iou_plan_is_step(o->b, n)) {
            IOU_TRY(visit(o, n));
        }
    }
    for (iou_batch *stuck = find_stuck(o); stuck; stuck = find_stuck(o)) {
        IOU_TRY(dissolve(o, stuck));
    }
    return IOU_OK;
}

iou_status iou_plan_emit_all(iou_plan_builder *b) {
    const size_t nodes = (size_t)b->model->node_count + 1;
    const size_t values = (size_t)b->model->value_count + 1;
    ordering o = {.b = b,
                  .waiting = iou_arena_alloc(b->scratch, sizeof(int) * nodes),
                  .states = iou_arena_alloc(b->scratch, sizeof(group_state) * nodes),
                  .pending = iou_arena_alloc(b->scratch, values)};
    if (!o.waiting || !o.states || !o.pending) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(iou_plan_find_shared_weights(b, &o.shared));
    return emit_all(&o);
}

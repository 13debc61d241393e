/*
 * The order of the steps: the model's, but groups that may become one step wait for each other.
 */
#include "plan/plan_shared_weights.h"

typedef enum turn {
    WAITS,   /* for what a group computes that is not emitted yet */
    ARRIVED, /* and waits for the others of its set */
    EMITTED
} turn;

typedef struct ordering {
    iou_plan_builder *b;
    iou_group_sets sets;
    turn *turns;   /* of each node: its group's */
    bool *pending; /* of each value: a group computes it that is not emitted yet */
    int *waiting;  /* nodes, in the model's order */
    int waiting_count;
} ordering;

static bool is_ready(const ordering *o, const iou_group *group) {
    const iou_node *node = &o->b->model->nodes[group->head];
    bool ready = true;
    for (int i = 0; ready && i < iou_group_operand_count(group); i++) {
        ready = !o->pending[iou_group_operand(group, i)];
    }
    for (int i = 0; ready && i < node->input_count; i++) {
        ready = node->inputs[i] < 0 || !o->pending[node->inputs[i]];
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
    o->turns[n] = EMITTED;
    mark_outputs(o, &o->b->groups[n], false);
}

static iou_status emit(ordering *o, int n) {
    note_emitted(o, n);
    return iou_plan_emit(o->b, &o->b->groups[n]);
}

static iou_status emit_set(ordering *o, const iou_group_set *set) {
    iou_plan_builder *b = o->b;
    const iou_group **groups = iou_arena_alloc(b->scratch, sizeof *groups * (size_t)set->count);
    if (!groups) {
        return iou_plan_no_memory(b);
    }
    size_t count = 0;
    for (int n = set->first; n >= 0; n = o->sets.next[n]) {
        groups[count++] = &b->groups[n];
        note_emitted(o, n);
    }
    return iou_plan_emit_batched(b, groups, count);
}

/** Emits node n's group if its inputs are there, or its set if it is the last of that; `*woke`
 * tells whether a set was. */
static iou_status advance(ordering *o, int n, bool *woke) {
    iou_group_set *set = o->sets.set_of[n] >= 0 ? &o->sets.sets[o->sets.set_of[n]] : NULL;
    o->turns[n] = WAITS;
    if (!is_ready(o, &o->b->groups[n])) {
        return IOU_OK;
    }
    if (!set || set->dissolved) {
        return emit(o, n);
    }
    o->turns[n] = ARRIVED;
    if (++set->arrived < set->count) {
        return IOU_OK;
    }
    *woke = true;
    return emit_set(o, set);
}

/** Looks at those that wait, again when a set has been emitted. */
static iou_status wake(ordering *o) {
    for (bool again = true; again;) {
        int kept = 0;
        again = false;
        for (int i = 0; i < o->waiting_count; i++) {
            const int n = o->waiting[i];
            IOU_TRY(advance(o, n, &again));
            if (o->turns[n] == WAITS) {
                o->waiting[kept++] = n;
            }
        }
        o->waiting_count = kept;
    }
    return IOU_OK;
}

static iou_status take_turn(ordering *o, int n) {
    bool woke = false;
    IOU_TRY(advance(o, n, &woke));
    if (o->turns[n] == WAITS) {
        o->waiting[o->waiting_count++] = n;
    }
    if (o->turns[n] != EMITTED) {
        mark_outputs(o, &o->b->groups[n], true);
    }
    return woke ? wake(o) : IOU_OK;
}

/** The first set that waits for what cannot come, since two sets wait for each other; NULL: none.
 */
static iou_group_set *find_stuck(ordering *o) {
    iou_group_set *stuck = NULL;
    for (int i = 0; i < o->sets.count; i++) {
        iou_group_set *set = &o->sets.sets[i];
        const bool waits = !set->dissolved && set->arrived > 0 && set->arrived < set->count;
        if (waits && (!stuck || set->first < stuck->first)) {
            stuck = set;
        }
    }
    return stuck;
}

/** Lets the groups of a set run alone. */
static iou_status dissolve(ordering *o, iou_group_set *set) {
    set->dissolved = true;
    for (int n = set->first; n >= 0; n = o->sets.next[n]) {
        if (o->turns[n] == ARRIVED) {
            IOU_TRY(emit(o, n));
        }
    }
    return wake(o);
}

static iou_status emit_all(ordering *o) {
    for (int n = 0; n < o->b->model->node_count; n++) {
        if (iou_plan_is_step(o->b, n)) {
            IOU_TRY(take_turn(o, n));
        }
    }
    for (iou_group_set *stuck = find_stuck(o); stuck; stuck = find_stuck(o)) {
        IOU_TRY(dissolve(o, stuck));
    }
    return IOU_OK;
}

iou_status iou_plan_emit_all(iou_plan_builder *b) {
    const size_t nodes = (size_t)b->model->node_count + 1;
    const size_t values = (size_t)b->model->value_count + 1;
    ordering o = {.b = b,
                  .waiting = iou_arena_alloc(b->scratch, sizeof(int) * nodes),
                  .turns = iou_arena_alloc(b->scratch, sizeof(turn) * nodes),
                  .pending = iou_arena_alloc(b->scratch, values)};
    if (!o.waiting || !o.turns || !o.pending) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(iou_plan_find_sets(b, &o.sets));
    return emit_all(&o);
}

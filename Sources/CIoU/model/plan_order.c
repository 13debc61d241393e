/*
 * The order of the steps: the model's, but nodes that share their constants, as the convolutions of
 * a detector's head do over the levels of its pyramid, wait for each other, so that one step can
 * compute all of them.
 */
#include "model/plan_builder.h"

/* While groups wait, all that wait are looked at behind every set: a head has a dozen sets. */
enum { MOST_SETS = 64 };

/** Groups that share their constants. */
typedef struct group_set {
    int count, arrived;
    int first, last; /* nodes, where their groups stand */
} group_set;

typedef struct ordering {
    iou_plan_builder *b;
    group_set sets[MOST_SETS];
    int set_count;
    int *set_of;   /* of each node: the set of its group; -1: none */
    int *next;     /* of each node: the next of its set; -1: none */
    bool *emitted; /* of each node: its group */
    bool *pending; /* of each value: a group makes it that is not emitted yet */
    int *waiting;  /* nodes whose groups read such a value, in the model's order */
    int waiting_count;
} ordering;

/* ---- Sets ---------------------------------------------------------------------------------- */

static int input_of(const iou_node *node, int input) {
    return node->input_count > input ? node->inputs[input] : IOU_NO_VALUE;
}

static bool may_merge(const iou_plan_builder *b, const iou_group *group) {
    if (group->head < 0 || group->norm >= 0 || group->residual >= 0 || group->inner >= 0 ||
        group->is_inner || b->request->separate) {
        return false;
    }
    const iou_node *node = &b->model->nodes[group->head];
    const int constant = input_of(node, 1);
    return node->op && node->op->layout == IOU_LAYOUT_CHANNELS && constant >= 0 &&
           b->facts[constant].data;
}

static bool share(const iou_plan_builder *b, const iou_group *one, const iou_group *other) {
    const iou_node *x = &b->model->nodes[one->head], *y = &b->model->nodes[other->head];
    return x->op == y->op && x->input_count == y->input_count && input_of(x, 1) == input_of(y, 1) &&
           input_of(x, 2) == input_of(y, 2);
}

/** Puts node n's group into the set of an earlier one's. */
static void add_to_set(ordering *o, int earlier, int n) {
    if (o->set_of[earlier] < 0) {
        if (o->set_count == MOST_SETS) {
            return;
        }
        o->sets[o->set_count] = (group_set){.count = 1, .first = earlier, .last = earlier};
        o->set_of[earlier] = o->set_count++;
    }
    group_set *set = &o->sets[o->set_of[earlier]];
    o->set_of[n] = o->set_of[earlier];
    o->next[set->last] = n;
    set->last = n;
    set->count++;
}

static iou_status find_sets(ordering *o) {
    const iou_plan_builder *b = o->b;
    const size_t values = (size_t)b->model->value_count + 1;
    int *user = iou_arena_alloc(b->scratch, sizeof *user * values); /* of a constant; 0: nobody */
    if (!user) {
        return iou_plan_no_memory(b);
    }
    for (int n = 0; n < b->model->node_count; n++) {
        const iou_group *group = &b->groups[n];
        o->set_of[n] = o->next[n] = -1;
        if (!may_merge(b, group)) {
            continue;
        }
        int *earlier = &user[b->model->nodes[group->head].inputs[1]];
        if (*earlier > 0 && share(b, group, &b->groups[*earlier - 1])) {
            add_to_set(o, *earlier - 1, n);
        }
        *earlier = n + 1;
    }
    return IOU_OK;
}

/* ---- Waiting ------------------------------------------------------------------------------- */

static bool is_ready(const ordering *o, const iou_group *group) {
    const iou_node *node = &o->b->model->nodes[group->head];
    bool ready = group->residual < 0 || !o->pending[group->residual];
    for (int i = 0; ready && i < node->input_count; i++) {
        ready = node->inputs[i] < 0 || !o->pending[node->inputs[i]];
    }
    return ready && (group->inner < 0 || is_ready(o, &o->b->groups[group->inner]));
}

static void mark(const ordering *o, const iou_node *node, bool pending) {
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] >= 0) {
            o->pending[node->outputs[i]] = pending;
        }
    }
}

static void mark_outputs(const ordering *o, const iou_group *group, bool pending) {
    mark(o, &o->b->model->nodes[group->head], pending);
    mark(o, &o->b->model->nodes[group->last], pending);
}

static iou_status emit(ordering *o, int n) {
    o->emitted[n] = true;
    mark_outputs(o, &o->b->groups[n], false);
    return iou_plan_emit(o->b, &o->b->groups[n]);
}

static iou_status emit_set(ordering *o, const group_set *set) {
    iou_plan_builder *b = o->b;
    const iou_group **groups = iou_arena_alloc(b->scratch, sizeof *groups * (size_t)set->count);
    if (!groups) {
        return iou_plan_no_memory(b);
    }
    size_t count = 0;
    for (int n = set->first; n >= 0; n = o->next[n]) {
        groups[count++] = &b->groups[n];
        o->emitted[n] = true;
        mark_outputs(o, &b->groups[n], false);
    }
    return iou_plan_emit_merged(b, groups, count);
}

typedef enum progress {
    WAITS,
    ARRIVED, /* but not all of its set */
    EMITTED,
    EMITTED_SET
} progress;

static iou_status advance(ordering *o, int n, progress *made) {
    group_set *set = o->set_of[n] >= 0 ? &o->sets[o->set_of[n]] : NULL;
    if (!is_ready(o, &o->b->groups[n])) {
        *made = WAITS;
        return IOU_OK;
    }
    if (!set) {
        *made = EMITTED;
        return emit(o, n);
    }
    *made = ++set->arrived < set->count ? ARRIVED : EMITTED_SET;
    return *made == ARRIVED ? IOU_OK : emit_set(o, set);
}

/** Looks at those that wait, again when a set has been completed. */
static iou_status wake(ordering *o) {
    for (bool again = true; again;) {
        int kept = 0;
        again = false;
        for (int i = 0; i < o->waiting_count; i++) {
            progress made;
            IOU_TRY(advance(o, o->waiting[i], &made));
            if (made == WAITS) {
                o->waiting[kept++] = o->waiting[i];
            }
            again = again || made == EMITTED_SET;
        }
        o->waiting_count = kept;
    }
    return IOU_OK;
}

static iou_status take_turn(ordering *o, int n) {
    progress made;
    IOU_TRY(advance(o, n, &made));
    if (made == WAITS) {
        o->waiting[o->waiting_count++] = n;
    }
    if (made == WAITS || made == ARRIVED) {
        mark_outputs(o, &o->b->groups[n], true);
    }
    return made == EMITTED_SET ? wake(o) : IOU_OK;
}

static bool is_step(const iou_plan_builder *b, int n) {
    return b->groups[n].head >= 0 && !b->groups[n].is_inner;
}

iou_status iou_plan_emit_all(iou_plan_builder *b) {
    const size_t nodes = (size_t)b->model->node_count + 1;
    const size_t values = (size_t)b->model->value_count + 1;
    ordering o = {.b = b,
                  .set_of = iou_arena_alloc(b->scratch, sizeof(int) * nodes),
                  .next = iou_arena_alloc(b->scratch, sizeof(int) * nodes),
                  .waiting = iou_arena_alloc(b->scratch, sizeof(int) * nodes),
                  .emitted = iou_arena_alloc(b->scratch, nodes),
                  .pending = iou_arena_alloc(b->scratch, values)};
    if (!o.set_of || !o.next || !o.waiting || !o.emitted || !o.pending) {
        return iou_plan_no_memory(b);
    }
    IOU_TRY(find_sets(&o));
    for (int n = 0; n < b->model->node_count; n++) {
        if (is_step(b, n)) {
            IOU_TRY(take_turn(&o, n));
        }
    }
    /* A set of which one waits for another is never complete: what is left runs one by one. */
    for (int n = 0; n < b->model->node_count; n++) {
        if (is_step(b, n) && !o.emitted[n]) {
            IOU_TRY(emit(&o, n));
        }
    }
    return IOU_OK;
}

/*
 * Operators say what they can do in another's store (`epilogue`), and whose store takes it
 * (`absorbs`). Here it is only found out who follows whom.
 */
#include "plan/fuse.h"

#include "ops/widen.h"

#include <string.h>

enum { MOST_FUSED = 4 * IOU_EPILOGUE_MOST };

typedef struct fusion {
    const iou_fuse_request *request;
    const iou_model *model;
    const iou_fact *facts;
    iou_group *groups;
    int (*consumers)[2]; /* of each value that at most two nodes use, which run now; -1: none */
    iou_error *error;
} fusion;

/* A group while it grows. */
typedef struct growth {
    int head, last;
    iou_absorption absorption;
    iou_epilogue_step steps[IOU_EPILOGUE_MOST];
    size_t count;
    int fused[MOST_FUSED];
    int fused_count;
} growth;

/* ---- Who follows --------------------------------------------------------------------------- */

static void find_consumers(fusion *f) {
    const iou_model *m = f->model;
    for (int n = 0; n < m->node_count; n++) {
        for (int i = 0; i < m->nodes[n].input_count && f->groups[n].head == n; i++) {
            const int v = iou_unpadded(f->request->padded, m->nodes[n].inputs[i]);
            if (v < 0 || f->request->uses[v] > 2 || m->values[v].is_output) {
                continue;
            }
            f->consumers[v][f->consumers[v][0] >= 0] = n;
        }
    }
}

/** The only node that uses a value, unless another group has it; else -1. */
static int follower(const fusion *f, int value) {
    const int n = f->request->uses[value] == 1 ? f->consumers[value][0] : -1;
    return n >= 0 && f->groups[n].head == n ? n : -1;
}

/** The input of a node that a value is; -1: none, or several. */
static int entry_of(const iou_node *node, int value) {
    int entry = -1, count = 0;
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] == value) {
            entry = i;
            count++;
        }
    }
    return count == 1 ? entry : -1;
}

/* ---- Growing ------------------------------------------------------------------------------- */

/** What a node is in an epilogue that computes `value`; `*accepted`: whether it is something. */
static iou_status epilogue_of(const fusion *f, const growth *g, int n, int value,
                              iou_epilogue_step *step, bool *accepted) {
    const iou_node *node = &f->model->nodes[n];
    const iou_epilogue_query query = {.node = node,
                                      .facts = f->facts,
                                      .entry = entry_of(node, value),
                                      .channel_axis = g->absorption.channel_axis,
                                      .isa = f->request->isa,
                                      .memory = f->request->memory,
                                      .error = f->error};
    *accepted = node->op->epilogue != NULL && query.entry >= 0 && node->output_count == 1 &&
                iou_fact_same_shape(&f->facts[value], &f->facts[node->outputs[0]]);
    return *accepted ? node->op->epilogue(&query, step, accepted) : IOU_OK;
}

static void push(growth *g, const iou_epilogue_step *step) {
    g->steps[g->count++] = *step;
}

static void take(growth *g, const iou_epilogue_step *step, int n) {
    push(g, step);
    g->fused[g->fused_count++] = n;
}

/** Lets the first addition, early enough for a kernel, read a map that another node only repeats
 * to its size. */
static void take_smaller(const fusion *f, growth *g, iou_epilogue_step *step) {
    const int producer = f->model->values[step->value].producer;
    const iou_node *node = producer >= 0 ? &f->model->nodes[producer] : NULL;
    const bool early = g->count == 0 || (g->count == 1 && g->steps[0].kind == IOU_EPILOGUE_SCALE &&
                                         !g->steps[0].uniform);
    if (node == NULL || step->kind != IOU_EPILOGUE_ADD || !g->absorption.adds_smaller || !early ||
        f->groups[producer].head != producer || f->request->uses[step->value] != 1 ||
        node->op->view == NULL || node->op->view(node, f->facts) != IOU_VIEW_REPEATED) {
        return;
    }
    step->value = node->inputs[0];
    step->upsampled = true;
    f->groups[producer].head = -1;
    g->fused[g->fused_count++] = producer;
}

/** Takes the only node that uses the group's output. */
static iou_status take_follower(const fusion *f, growth *g, bool *grown) {
    const int value = f->model->nodes[g->last].outputs[0], n = follower(f, value);
    iou_epilogue_step step;
    *grown = false;
    if (n >= 0) {
        IOU_TRY(epilogue_of(f, g, n, value, &step, grown));
    }
    if (*grown) {
        if (iou_epilogue_has_operand(&step)) {
            take_smaller(f, g, &step);
        }
        take(g, &step, n);
        g->last = n;
    }
    return IOU_OK;
}

/** Ends a list that keeps x at step `save` with the product, or replaces both by one loop. */
static void end_gate(growth *g, size_t save, int product) {
    iou_epilogue_step function = g->steps[save + 1];
    if (g->count == save + 2 && function.gated.apply != NULL) {
        function.function = function.gated;
        g->count = save;
        take(g, &function, product);
    } else {
        take(g, &(iou_epilogue_step){.kind = IOU_EPILOGUE_GATE}, product);
    }
}

/** The functions from `first` on whose result `product` takes, which also takes `value`: x f(x). */
static iou_status fuse_gate_of(const fusion *f, growth *g, int value, int first, int product,
                               bool *grown) {
    const growth before = *g;
    iou_epilogue_step step;
    push(g, &(iou_epilogue_step){.kind = IOU_EPILOGUE_SAVE});
    int at = value;
    *grown = true;
    for (int n = first; *grown && n != product; n = follower(f, at)) {
        *grown = n >= 0 && g->count + 2 <= IOU_EPILOGUE_MOST;
        if (*grown) {
            IOU_TRY(epilogue_of(f, g, n, at, &step, grown));
        }
        *grown = *grown && !iou_epilogue_has_operand(&step) && f->groups[n].head == n;
        if (*grown) {
            take(g, &step, n);
            at = f->model->nodes[n].outputs[0];
        }
    }
    if (*grown) {
        IOU_TRY(epilogue_of(f, g, product, value, &step, grown));
        *grown = *grown && step.kind == IOU_EPILOGUE_MULTIPLY && step.value == at;
    }
    if (!*grown) {
        *g = before;
        return IOU_OK;
    }
    end_gate(g, before.count, product);
    g->last = product;
    return IOU_OK;
}

/** Takes a product of the group's output and a function of it. */
static iou_status fuse_gate(const fusion *f, growth *g, bool *grown) {
    const int value = f->model->nodes[g->last].outputs[0];
    const int *both = f->consumers[value];
    *grown = false;
    if (f->request->uses[value] != 2 || both[0] < 0 || both[1] < 0 || both[0] == both[1] ||
        f->groups[both[0]].head != both[0] || f->groups[both[1]].head != both[1] ||
        g->count + 3 > IOU_EPILOGUE_MOST) {
        return IOU_OK;
    }
    for (int i = 0; i < 2 && !*grown; i++) {
        IOU_TRY(fuse_gate_of(f, g, value, both[i], both[1 - i], grown));
    }
    return IOU_OK;
}

/* ---- Groups -------------------------------------------------------------------------------- */

static iou_status keep(fusion *f, const growth *g) {
    iou_group group = f->groups[g->head];
    iou_epilogue_step *steps = iou_arena_alloc(f->request->memory, sizeof *steps * g->count + 1);
    int *fused = iou_arena_alloc(f->request->memory, sizeof *fused * (size_t)g->fused_count + 1);
    IOU_FAIL_IF(!steps || !fused, IOU_OUT_OF_MEMORY, f->error, "no memory for the plan");
    memcpy(steps, g->steps, sizeof *steps * g->count);
    memcpy(fused, g->fused, sizeof *fused * (size_t)g->fused_count);
    group.epilogue = (iou_epilogue){steps, g->count};
    group.fused = fused;
    group.fused_count = g->fused_count;
    group.last = g->last;
    /* Every fused node loses its own group; the fused one is where all operands exist. */
    f->groups[g->head].head = -1;
    for (int i = 0; i < g->fused_count; i++) {
        f->groups[fused[i]].head = -1;
    }
    f->groups[g->last] = group;
    return IOU_OK;
}

static iou_epilogue_shortening shortening_of(const fusion *f, const growth *g) {
    const int axis = g->absorption.channel_axis;
    const iou_fact *out = &f->facts[f->model->nodes[g->head].outputs[0]];
    return (iou_epilogue_shortening){.channels = axis < 0 ? 0 : (size_t)out->dims[axis].value,
                                     .isa = f->request->isa,
                                     .memory = f->request->memory};
}

static iou_status fuse_behind(fusion *f, int head) {
    growth g = {.head = head, .last = head};
    const iou_node *node = &f->model->nodes[head];
    if (iou_is_widened(node, f->facts) || !node->op->absorbs(node, f->facts, &g.absorption)) {
        return IOU_OK;
    }
    bool grown = true;
    while (grown && g.count < IOU_EPILOGUE_MOST &&
           g.fused_count + IOU_EPILOGUE_MOST <= MOST_FUSED) {
        IOU_TRY(take_follower(f, &g, &grown));
        if (!grown) {
            IOU_TRY(fuse_gate(f, &g, &grown));
        }
        const iou_epilogue_shortening of = shortening_of(f, &g);
        g.count = iou_epilogue_shorten(g.steps, g.count, &of);
    }
    const iou_epilogue_shortening of = shortening_of(f, &g);
    iou_epilogue_end(g.steps, g.count, &of);
    return g.count > 0 ? keep(f, &g) : IOU_OK;
}

/** Those that compute much come first: an element-wise node in their store costs nothing more. */
static iou_status fuse_all(fusion *f, bool elementwise) {
    for (int n = 0; n < f->model->node_count; n++) {
        const iou_node *node = &f->model->nodes[n];
        if (f->groups[n].head == n && f->groups[n].last == n && node->op->absorbs != NULL &&
            (node->op->layout == IOU_LAYOUT_ELEMENTWISE) == elementwise &&
            node->output_count == 1) {
            IOU_TRY(fuse_behind(f, n));
        }
    }
    return IOU_OK;
}

/** Finds the group that makes input 0 for this one alone, if its operator would compute that too.
 */
static void find_inner(const fusion *f, int last) {
    iou_group *group = &f->groups[last];
    const iou_node *node = &f->model->nodes[group->head];
    if (node->op->fuses_producer == NULL || node->input_count == 0 || node->inputs[0] < 0 ||
        iou_is_widened(node, f->facts)) {
        return;
    }
    const int map = iou_unpadded(f->request->padded, node->inputs[0]);
    const int producer = f->model->values[map].producer;
    iou_group *inner = producer < 0 ? NULL : &f->groups[producer];
    if (inner == NULL || f->request->uses[map] != 1 || f->consumers[map][0] != group->head ||
        inner->head < 0 ||
        !node->op->fuses_producer(node, &f->model->nodes[inner->head], inner->inner >= 0)) {
        return;
    }
    group->inner = producer;
    inner->is_inner = true;
}

iou_status iou_fuse(const iou_fuse_request *request, iou_group *groups, iou_error *error) {
    const iou_model *model = request->model;
    for (int n = 0; n < model->node_count; n++) {
        groups[n] =
            (iou_group){.head = request->phases[n] == IOU_NOW ? n : -1, .last = n, .inner = -1};
    }
    if (request->reference_mode) {
        return IOU_OK;
    }
    for (int v = 0; v < model->value_count; v++) {
        if (request->padded[v] != NULL) {
            groups[model->values[v].producer].head = -1;
        }
    }
    const size_t size = sizeof(int[2]) * (size_t)(model->value_count + 1);
    fusion f = {request, model, request->facts, groups, iou_arena_alloc(request->scratch, size),
                error};
    IOU_FAIL_IF(!f.consumers, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    memset(f.consumers, 0xff, size);
    find_consumers(&f);
    IOU_TRY(fuse_all(&f, false));
    IOU_TRY(fuse_all(&f, true));
    for (int n = 0; n < model->node_count; n++) {
        if (groups[n].head >= 0) {
            find_inner(&f, n);
        }
    }
    return IOU_OK;
}

int iou_group_operand(const iou_group *group, int index) {
    const iou_epilogue_step *step = group->epilogue.steps;
    for (;; step++) {
        if (iou_epilogue_has_operand(step) && index-- == 0) {
            return step->value;
        }
    }
}

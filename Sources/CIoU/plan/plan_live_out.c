/* What passes from one segment of a run to the next. */
#include "plan/plan_builder.h"

#include <string.h>

const int64_t *iou_plan_dims(const iou_plan *plan, int data_dependent) {
    static const int64_t none[IOU_MAX_RANK];
    const iou_data_dependent *value = &plan->data_dependent[data_dependent];
    return value->step < 0 ? none : plan->steps[value->step].out_dims[value->output];
}

bool iou_plan_is_unbounded(const iou_plan *plan, int data_dependent) {
    const iou_data_dependent *value = &plan->data_dependent[data_dependent];
    return !iou_fact_is_concrete(&value->largest) ||
           (value->step >= 0 && plan->steps[value->step].body);
}

int iou_plan_rank(const iou_plan *plan, int data_dependent) {
    const int planned = plan->data_dependent[data_dependent].largest.rank;
    const int64_t *dims = iou_plan_dims(plan, data_dependent);
    if (planned >= 0 || dims[0] == -1) {
        return planned;
    }
    int rank = 0;
    while (rank < IOU_MAX_RANK && dims[rank] != IOU_NO_DIM) {
        rank++;
    }
    return rank;
}

/* ---- From earlier segments ----------------------------------------------------------------- */

static iou_status add_live_in(iou_plan_builder *b, const iou_plan *from, const iou_live_out *c) {
    iou_fact *fact = &b->facts[c->value];
    *fact = c->fact;
    if (c->data_dependent >= 0) {
        const int64_t *dims = iou_plan_dims(from, c->data_dependent);
        fact->rank = iou_plan_rank(from, c->data_dependent);
        for (int i = 0; i < fact->rank; i++) {
            fact->dims[i] = iou_dim_number(dims[i]);
        }
    }
    b->given[c->value] = true;
    if (c->storage < 0) {
        return IOU_OK;
    }
    const int storage =
        iou_plan_add_storage(b, IOU_STORAGE_EARLIER, iou_plan_fact_size(fact), NULL, c->storage);
    if (storage < 0) {
        return iou_plan_no_memory(b);
    }
    b->plan->storages[storage].segment = from->depth;
    b->storages[c->value][c->layout] = storage;
    return IOU_OK;
}

iou_status iou_plan_add_live_in(iou_plan_builder *b) {
    const iou_plan **chain =
        iou_arena_alloc(b->scratch, sizeof(*chain) * (size_t)(b->plan->depth + 1));
    if (!chain) {
        return iou_plan_no_memory(b);
    }
    for (const iou_plan *p = b->plan->parent; p; p = p->parent) {
        chain[p->depth] = p;
    }
    for (int d = 0; d < b->plan->depth; d++) { /* a later one may know more of a value */
        for (int i = 0; i < chain[d]->live_out_count; i++) {
            IOU_TRY(add_live_in(b, chain[d], &chain[d]->live_out[i]));
        }
        for (int i = 0; i < chain[d]->output_count; i++) {
            b->computed[chain[d]->outputs[i].index] = true;
        }
    }
    return IOU_OK;
}

/* ---- To later segments --------------------------------------------------------------------- */

/** Marks what the nodes that run later look at. */
static bool *find_needed(const iou_plan_builder *b) {
    const iou_model *m = b->model;
    bool *needed = iou_arena_alloc(b->scratch, (size_t)m->value_count + 1);
    for (int n = 0; needed && n < m->node_count; n++) {
        const iou_node *node = &m->nodes[n];
        for (int i = 0; b->phases[n] == IOU_LATER && i < node->input_count; i++) {
            if (node->inputs[i] >= 0) {
                needed[node->inputs[i]] = true;
            }
        }
    }
    return needed;
}

/** Small values are kept row-major: their elements may be asked for. */
static iou_layout layout_to_keep(const iou_plan_builder *b, int value) {
    size_t count = 0;
    (void)iou_fact_count(&b->facts[value], &count);
    return count > IOU_MAX_ELEMENTS && iou_plan_made_channels_last(b->storages[value])
               ? IOU_CHANNELS_LAST
               : IOU_PLAIN;
}

static iou_status add_live_out(iou_plan_builder *b, int value) {
    iou_live_out *c = &b->plan->live_out[b->plan->live_out_count++];
    *c = (iou_live_out){value, b->facts[value], b->data_dependent[value], -1, IOU_PLAIN};
    if (b->facts[value].data) {
        return IOU_OK;
    }
    if (c->data_dependent >= 0) { /* nothing that is said of the largest shape's elements holds */
        c->fact.elements = NULL;
        c->fact.element_count = -1;
    }
    c->layout = layout_to_keep(b, value);
    IOU_TRY(iou_plan_storage_of(b, value, c->layout, &c->storage));
    iou_storage *storage = &b->plan->storages[c->storage];
    if (storage->kind == IOU_STORAGE_ARENA) {
        storage->kind = IOU_STORAGE_KEPT;
    }
    return IOU_OK;
}

iou_status iou_plan_find_live_out(iou_plan_builder *b) {
    const iou_model *m = b->model;
    if (b->plan->complete) {
        return IOU_OK;
    }
    bool *needed = find_needed(b);
    size_t count = 0;
    for (int v = 0; needed && v < m->value_count; v++) {
        const bool exists =
            b->ready[v] || (b->data_dependent[v] >= 0 && b->storages[v][IOU_PLAIN] >= 0);
        const bool is_new = b->depends_on[v] || b->plan->depth == 0 || !b->given[v];
        needed[v] = needed[v] && exists && is_new && !b->fixed[v];
        count += needed[v];
    }
    b->plan->live_out = iou_arena_alloc(b->plan->memory, sizeof(iou_live_out) * (count + 1));
    if (!needed || !b->plan->live_out) {
        return iou_plan_no_memory(b);
    }
    for (int v = 0; v < m->value_count; v++) {
        if (needed[v]) {
            IOU_TRY(add_live_out(b, v));
        }
    }
    return IOU_OK;
}

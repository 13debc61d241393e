/* The memory plan: execution in place, lifetimes and offsets in the arena. */
#include "core/memory.h"
#include "core/sizes.h"
#include "plan/plan.h"

#include <stdlib.h>

int iou_plan_root(const iou_plan *plan, int storage) {
    while (plan->storages[storage].root != storage) {
        storage = plan->storages[storage].root;
    }
    return storage;
}

size_t iou_plan_shift(const iou_plan *plan, int storage) {
    size_t shift = 0;
    for (; plan->storages[storage].root != storage; storage = plan->storages[storage].root) {
        shift += plan->storages[storage].shift;
    }
    return shift;
}

static void note_use(iou_plan *plan, int storage, int step) {
    if (storage < 0) {
        return;
    }
    iou_storage *s = &plan->storages[iou_plan_root(plan, storage)];
    s->first = s->first < 0 || step < s->first ? step : s->first;
    s->last = step > s->last ? step : s->last;
}

static void find_lifetimes(iou_plan *plan) {
    for (int i = 0; i < plan->storage_count; i++) {
        plan->storages[i].first = plan->storages[i].last = -1;
    }
    for (int s = 0; s < plan->step_count; s++) {
        for (int i = 0; i < plan->steps[s].input_count; i++) {
            note_use(plan, plan->steps[s].inputs[i], s);
        }
        for (int i = 0; i < plan->steps[s].output_count; i++) {
            note_use(plan, plan->steps[s].outputs[i], s);
        }
    }
}

/** Lets step s write over one of its inputs if nobody needs that any more. */
static bool reuse_input(iou_plan *plan, int s, int input) {
    const iou_plan_step *step = &plan->steps[s];
    if (step->inputs[input] < 0 || step->output_count < 1 || step->outputs[0] < 0 ||
        plan->storages[step->inputs[input]].pitch > 0 ||
        plan->storages[step->outputs[0]].pitch > 0) {
        return false;
    }
    const int in = iou_plan_root(plan, step->inputs[input]);
    const int out = iou_plan_root(plan, step->outputs[0]);
    iou_storage *a = &plan->storages[in], *b = &plan->storages[out];
    bool reusable = in != out && a->kind == IOU_STORAGE_ARENA && b->kind == IOU_STORAGE_ARENA &&
                    a->last == s && b->first == s && b->size <= a->size;
    for (int i = 0; reusable && i < step->input_count; i++) {
        reusable = i == input || step->inputs[i] < 0 || iou_plan_root(plan, step->inputs[i]) != in;
    }
    if (reusable) {
        b->root = in;
        a->last = b->last;
    }
    return reusable;
}

static void reuse_inputs(iou_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        const unsigned allowed = plan->steps[s].step.in_place;
        bool reused = false;
        for (int i = 0; i < plan->steps[s].input_count && allowed >> i != 0 && !reused; i++) {
            reused = (allowed >> i & 1) != 0 && reuse_input(plan, s, i);
        }
    }
}

typedef struct span {
    size_t begin, end;
} span;

static int compare_spans(const void *a, const void *b) {
    const span *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/** The lowest gap of `size` bytes between the spans; sorts them. */
static size_t lowest_gap(span *spans, size_t count, size_t size) {
    qsort(spans, count, sizeof *spans, compare_spans);
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        if (spans[i].begin >= offset + size) {
            break;
        }
        offset = iou_size_max(spans[i].end, offset);
    }
    return offset;
}

/* A hostile file may hold a million values: then time counts for more than bytes. */
enum { MAX_SORTED = 8192, MAX_LIVE = 512 };

typedef struct memory_plan {
    iou_plan *plan;
    int *order; /* of the storages that get an offset */
    size_t count;
    span *spans; /* MAX_LIVE of them */
    size_t limit;
    iou_error *error;
} memory_plan;

static span span_of(const iou_storage *s) {
    return (span){s->offset, s->offset + iou_memory_aligned(s->size)};
}

static iou_status set_offset(const memory_plan *p, iou_storage *s, size_t offset) {
    const size_t end = offset + iou_memory_aligned(s->size);
    IOU_FAIL_IF(end > p->limit, IOU_LIMIT, p->error,
                "intermediate values and outputs need more than the allowed memory: %zu bytes are "
                "left for the former",
                p->limit);
    s->offset = offset;
    p->plan->arena_size = iou_size_max(end, p->plan->arena_size);
    return IOU_OK;
}

/** The largest first, each in the lowest gap among those that live at its time. */
static iou_status assign_by_size(const memory_plan *p) {
    iou_storage *storages = p->plan->storages;
    for (size_t n = 1; n < p->count; n++) { /* a few hundred storages need no better sort */
        const int id = p->order[n];
        size_t k = n;
        for (; k > 0 && storages[p->order[k - 1]].size < storages[id].size; k--) {
            p->order[k] = p->order[k - 1];
        }
        p->order[k] = id;
    }
    for (size_t k = 0; k < p->count; k++) {
        iou_storage *s = &storages[p->order[k]];
        size_t live = 0;
        for (size_t j = 0; j < k && live < MAX_LIVE; j++) {
            const iou_storage *other = &storages[p->order[j]];
            if (other->first <= s->last && s->first <= other->last) {
                p->spans[live++] = span_of(other);
            }
        }
        const size_t offset = live < MAX_LIVE
                                  ? lowest_gap(p->spans, live, iou_memory_aligned(s->size))
                                  : p->plan->arena_size;
        IOU_TRY(set_offset(p, s, offset));
    }
    return IOU_OK;
}

/** The earliest first, as storages are numbered; behind all others once too many live at a time. */
static iou_status assign_by_time(const memory_plan *p) {
    iou_storage *storages = p->plan->storages;
    int live_set[MAX_LIVE];
    size_t count = 0;
    bool full = false;
    int now = 0;
    for (size_t k = 0; k < p->count; k++) {
        iou_storage *s = &storages[p->order[k]];
        full = full || s->first < now;
        now = s->first;
        size_t kept = 0;
        for (size_t j = 0; j < count && !full; j++) {
            if (storages[live_set[j]].last >= now) {
                live_set[kept] = live_set[j];
                p->spans[kept++] = span_of(&storages[live_set[j]]);
            }
        }
        count = kept;
        full = full || count == MAX_LIVE;
        if (full) {
            IOU_TRY(set_offset(p, s, p->plan->arena_size));
        } else {
            IOU_TRY(set_offset(p, s, lowest_gap(p->spans, count, iou_memory_aligned(s->size))));
            live_set[count++] = p->order[k];
        }
    }
    return IOU_OK;
}

iou_status iou_plan_memory(iou_plan *plan, size_t max_memory, iou_error *error) {
    find_lifetimes(plan);
    reuse_inputs(plan);
    memory_plan p = {
        .plan = plan,
        .error = error,
        .order = iou_arena_alloc(plan->memory, sizeof(int) * (size_t)plan->storage_count + 1),
        .spans = iou_arena_alloc(plan->memory, sizeof(span) * MAX_LIVE)};
    IOU_FAIL_IF(!p.order || !p.spans, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    plan->held = plan->parent ? plan->parent->held : 0;
    for (int i = 0; i < plan->storage_count; i++) {
        iou_storage *s = &plan->storages[i];
        if (s->kind == IOU_STORAGE_OUTPUT || s->kind == IOU_STORAGE_KEPT) {
            const size_t size = s->kind == IOU_STORAGE_KEPT ? iou_memory_aligned(s->size) : s->size;
            IOU_FAIL_IF(
                __builtin_add_overflow(plan->held, size, &plan->held) || plan->held > max_memory,
                IOU_LIMIT, error, "outputs need more than the allowed %zu bytes", max_memory);
        }
        if (s->kind == IOU_STORAGE_KEPT) {
            s->offset = plan->kept_size;
            plan->kept_size += iou_memory_aligned(s->size);
        } else if (s->root == i && s->kind == IOU_STORAGE_ARENA && s->first >= 0) {
            p.order[p.count++] = i;
        }
    }
    p.limit = max_memory - plan->held;
    return p.count <= MAX_SORTED ? assign_by_size(&p) : assign_by_time(&p);
}

/* In-place execution and the arena's offsets. */
#include "model/plan.h"

#include <stdlib.h>

int iou_plan_root(const iou_plan *plan, int storage) {
    while (plan->storages[storage].root != storage) {
        storage = plan->storages[storage].root;
    }
    return storage;
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

/** Lets a step write over its first input where nobody needs that any more. */
static void merge_in_place(iou_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        const iou_plan_step *step = &plan->steps[s];
        if (!step->step.in_place || step->input_count < 1 || step->inputs[0] < 0) {
            continue;
        }
        const int in = iou_plan_root(plan, step->inputs[0]);
        const int out = iou_plan_root(plan, step->outputs[0]);
        iou_storage *a = &plan->storages[in], *b = &plan->storages[out];
        bool free_to_take = in != out && a->place == IOU_PLACE_ARENA &&
                            b->place == IOU_PLACE_ARENA && a->last == s && b->first == s &&
                            b->size <= a->size;
        for (int i = 1; free_to_take && i < step->input_count; i++) {
            free_to_take = step->inputs[i] < 0 || iou_plan_root(plan, step->inputs[i]) != in;
        }
        if (free_to_take) {
            b->root = in;
            a->last = b->last;
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
        offset = spans[i].end > offset ? spans[i].end : offset;
    }
    return offset;
}

enum { LINE = 64 };

/** To whole cache lines; the plan holds no value whose size comes near the end of size_t. */
static size_t round_up(size_t size) {
    return (size + LINE - 1) / LINE * LINE;
}

iou_status iou_plan_place(iou_plan *plan, size_t max_memory, iou_error *error) {
    find_lifetimes(plan);
    merge_in_place(plan);
    const size_t count = (size_t)plan->storage_count;
    int *order = iou_arena_alloc(plan->memory, sizeof(int) * (count + 1));
    span *spans = iou_arena_alloc(plan->memory, sizeof(span) * (count + 1));
    IOU_FAIL_IF(!order || !spans, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    size_t n = 0, outputs = 0;
    for (int i = 0; i < plan->storage_count; i++) {
        const iou_storage *s = &plan->storages[i];
        if (s->place == IOU_PLACE_OUTPUT) {
            IOU_FAIL_IF(__builtin_add_overflow(outputs, s->size, &outputs) || outputs > max_memory,
                        IOU_LIMIT, error, "outputs need more than the allowed %zu bytes",
                        max_memory);
        }
        if (s->root == i && s->place == IOU_PLACE_ARENA && s->first >= 0) {
            /* Insertion keeps the largest first; a few hundred storages need no better sort. */
            size_t k = n++;
            for (; k > 0 && plan->storages[order[k - 1]].size < s->size; k--) {
                order[k] = order[k - 1];
            }
            order[k] = i;
        }
    }
    for (size_t k = 0; k < n; k++) {
        iou_storage *s = &plan->storages[order[k]];
        const size_t size = round_up(s->size);
        size_t live = 0;
        for (size_t j = 0; j < k; j++) {
            const iou_storage *other = &plan->storages[order[j]];
            if (other->first <= s->last && s->first <= other->last) {
                spans[live++] = (span){other->offset,
                                       other->offset + round_up(other->size)};
            }
        }
        s->offset = lowest_gap(spans, live, size);
        const size_t end = s->offset + size;
        IOU_FAIL_IF(end > max_memory - outputs, IOU_LIMIT, error,
                    "intermediate values and outputs need more than the allowed %zu bytes",
                    max_memory);
        plan->arena_size = end > plan->arena_size ? end : plan->arena_size;
    }
    return IOU_OK;
}

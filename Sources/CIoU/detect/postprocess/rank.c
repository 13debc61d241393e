/*
 * The best anchors of each level, ranked by their best pre-NMS score.
 *
 * Anchors that fail the threshold with their best class are left out of the top-k, although the
 * authors rank first and threshold later: an anchor that passes outranks every one that fails, so
 * a failing one never displaces a passing one, and gives no detection itself. Results are the same.
 *
 * Nor is a pre-NMS score computed where k anchors of the level are known to be better: what the
 * best k of a finished task reach, the best k of the level reach too.
 */
#include "core/sizes.h"
#include "core/parallel.h"
#include "detect/postprocess/anchor_maxima.h"
#include "detect/preprocess/picture_job.h"
#include "detect/postprocess/rank_key.h"

#include <math.h>
#include <string.h>

enum { TASK_ANCHORS = 8192 };
_Static_assert((int)TASK_ANCHORS >= (int)IOU_MAX_CELL_ANCHORS, "a task has at least one cell");

typedef struct rank_job {
    iou_picture_job *job;
    const iou_class_max *kernel;
    size_t task_cells;
    size_t anchors[IOU_MAX_LEVELS + 1]; /* of the levels before */
    size_t tasks[IOU_MAX_LEVELS + 1];
    uint64_t *keys, *spare; /* an anchor's place in them is its number among all levels' */
    size_t *counts;         /* keys of each task, which are from its first anchor's place on */
    _Atomic float least[IOU_MAX_LEVELS]; /* a pre-NMS score that the level's best reach */
} rank_job;

/* All values were NaN where the maximum is -infinity and no value is. */
static bool has_value(const float *values, const iou_detector_params *params, size_t step) {
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[params->class_channels[c] * step];
        if (value == value) {
            return true;
        }
    }
    return false;
}

/* The pre-NMS score of an anchor with the class value `best`, or -1 where it fails. */
static float rank_anchor(const iou_picture_job *job, const iou_level_view *view, size_t cell,
                         size_t a, float best) {
    const iou_detector_params *params = job->params;
    const float *values = iou_anchor_classes(view, params, cell * params->anchor_count + a);
    if (best == -INFINITY && !has_value(values, params, view->channel)) {
        return -1.0f;
    }
    const float weight = iou_fusion_weight(&job->pre_nms, view, cell, a);
    const float p = iou_fusion_probability(&job->pre_nms, best);
    const float pre_nms_score = iou_fusion_score(&job->pre_nms, p, weight);
    return iou_fusion_passes(&job->pre_nms, pre_nms_score) ? pre_nms_score : -1.0f;
}

/* Keys of the anchors of some cells that pass and reach the least pre-NMS score of the level;
 * returns their number. */
static size_t rank_cells(rank_job *work, size_t level, size_t first, size_t last, uint64_t *keys) {
    const iou_picture_job *job = work->job;
    const iou_level_view *view = &job->views[level];
    const size_t anchors = job->params->anchor_count;
    const float least = atomic_load_explicit(&work->least[level], memory_order_relaxed);
    const float cut = fmaxf(job->cut, iou_fusion_cut(&job->pre_nms, least));
    float best[TASK_ANCHORS];
    const iou_anchor_steps steps =
        iou_anchor_maxima(best, view, job->params, work->kernel, cut, first, last);
    size_t count = 0;
    for (size_t cell = first; cell < last; cell++) {
        for (size_t a = 0; a < anchors; a++) {
            const float value = best[(cell - first) * steps.cell + a * steps.anchor];
            if (value < cut) {
                continue;
            }
            const float pre_nms_score = rank_anchor(job, view, cell, a, value);
            keys[count] = iou_rank_key(pre_nms_score, (uint32_t)(cell * anchors + a));
            count += pre_nms_score >= least;
        }
    }
    return count;
}

/* Keeps the best `topk` keys (0: all) in their order; the worst of them, or 0 if all stay. */
static uint64_t keep_best(uint64_t *keys, uint64_t *spare, size_t *count, size_t topk) {
    if (topk == 0 || *count <= topk) {
        return 0;
    }
    memcpy(spare, keys, *count * sizeof *keys);
    const uint64_t least = iou_select_kth(spare, *count, topk);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        keys[kept] = keys[i];
        kept += keys[i] >= least;
    }
    *count = kept;
    return least;
}

static void raise_least(_Atomic float *least, float pre_nms_score) {
    float old = atomic_load(least);
    while (pre_nms_score > old && !atomic_compare_exchange_weak(least, &old, pre_nms_score)) {
    }
}

static void rank_task(void *context, size_t task, int thread) {
    rank_job *work = context;
    size_t level = 0;
    (void)thread;
    while (task >= work->tasks[level + 1]) {
        level++;
    }
    const size_t anchors = work->job->params->anchor_count;
    const size_t first = (task - work->tasks[level]) * work->task_cells;
    const size_t left = work->job->views[level].cells - first;
    const size_t last = first + iou_size_min(left, work->task_cells);
    const size_t place = work->anchors[level] + first * anchors;
    size_t count = rank_cells(work, level, first, last, work->keys + place);
    const uint64_t least =
        keep_best(work->keys + place, work->spare + place, &count, work->job->params->topk);
    raise_least(&work->least[level], iou_key_score(least));
    work->counts[task] = count;
}

/* The best keys of a level, from those of its tasks. */
static iou_level_ranks join_tasks(const rank_job *work, size_t level) {
    const size_t task_anchors = work->task_cells * work->job->params->anchor_count;
    uint64_t *keys = work->keys + work->anchors[level];
    const size_t first = work->tasks[level];
    size_t count = 0;
    for (size_t task = first; task < work->tasks[level + 1]; task++) {
        memmove(keys + count, keys + (task - first) * task_anchors,
                work->counts[task] * sizeof *keys);
        count += work->counts[task];
    }
    (void)keep_best(keys, work->spare + work->anchors[level], &count, work->job->params->topk);
    return (iou_level_ranks){keys, count};
}

/* Numbers of anchors and tasks, and memory for their keys. */
static iou_status lay_out(rank_job *work, iou_error *error) {
    const iou_detector_params *params = work->job->params;
    iou_heads_scratch *scratch = work->job->scratch;
    size_t anchors = 0, tasks = 0;
    work->task_cells = TASK_ANCHORS / params->anchor_count;
    for (size_t i = 0; i < params->level_count; i++) {
        const size_t cells = work->job->views[i].cells;
        anchors += cells * params->anchor_count;
        tasks += iou_divide_up(cells, work->task_cells);
        work->anchors[i + 1] = anchors;
        work->tasks[i + 1] = tasks;
    }
    IOU_FAIL_IF(anchors > UINT32_MAX, IOU_LIMIT, error, "detector: %zu anchors are too many",
                anchors);
    IOU_TRY(iou_buffer_reserve(&scratch->ranks, anchors, sizeof(uint64_t), error));
    IOU_TRY(iou_buffer_reserve(&scratch->spare, anchors, sizeof(uint64_t), error));
    IOU_TRY(iou_buffer_reserve(&scratch->counts, tasks, sizeof(size_t), error));
    work->keys = scratch->ranks.data;
    work->spare = scratch->spare.data;
    work->counts = scratch->counts.data;
    return IOU_OK;
}

iou_status iou_rank_anchors(iou_picture_job *job, iou_isa isa, iou_workers *workers,
                            iou_error *error) {
    rank_job work = {.job = job, .kernel = iou_class_max_of(isa)};
    IOU_TRY(lay_out(&work, error));
    iou_parallel_tasks(workers, work.tasks[job->params->level_count], rank_task, &work);
    for (size_t i = 0; i < job->params->level_count; i++) {
        job->ranks[i] = join_tasks(&work, i);
    }
    return IOU_OK;
}

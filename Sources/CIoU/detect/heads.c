#include "detect/heads.h"

#include "core/parallel.h"

#include <math.h>

enum { CELLS_PER_TASK = 1024 };

/* What the stages of one picture share. */
typedef struct picture_job {
    const iou_detector_params *params;
    const iou_frame *frame;
    iou_heads_scratch *scratch;
    iou_fusion fusion;
    iou_level_view views[IOU_MAX_LEVELS];
    size_t first[IOU_MAX_LEVELS]; /* of a level's anchors among all */
    size_t tasks[IOU_MAX_LEVELS]; /* of the levels before, this one included */
    float *ranks;
    size_t slot_count, candidate_count;
    atomic_size_t next;
} picture_job;

/* ---- Ranking ------------------------------------------------------------------------------- */

static void rank_tasks(void *context, int thread, int threads) {
    picture_job *job = context;
    const size_t levels = job->params->level_count;
    (void)thread;
    (void)threads;
    for (;;) {
        const size_t task = atomic_fetch_add(&job->next, 1);
        size_t level = 0;
        while (level < levels && task >= job->tasks[level]) {
            level++;
        }
        if (level == levels) {
            return;
        }
        const iou_level_view *view = &job->views[level];
        const size_t before = level > 0 ? job->tasks[level - 1] : 0;
        const size_t first = (task - before) * CELLS_PER_TASK;
        const size_t left = view->cells - first;
        const size_t last = first + (left < CELLS_PER_TASK ? left : CELLS_PER_TASK);
        iou_rank_cells(job->ranks + job->first[level], view, job->params, &job->fusion, first,
                       last);
    }
}

static iou_status rank_all(picture_job *job, const iou_heads *heads, size_t image, int threads,
                           iou_error *error) {
    size_t anchors = 0, tasks = 0, largest = 0;
    for (size_t i = 0; i < job->params->level_count; i++) {
        job->views[i] = iou_level_view_make(heads, image, i, job->params);
        const size_t count = job->views[i].cells * job->params->anchor_count;
        job->first[i] = anchors;
        anchors += count;
        largest = count > largest ? count : largest;
        tasks += (job->views[i].cells + CELLS_PER_TASK - 1) / CELLS_PER_TASK;
        job->tasks[i] = tasks;
    }
    IOU_FAIL_IF(anchors > UINT32_MAX, IOU_LIMIT, error, "detector: %zu anchors are too many",
                anchors);
    IOU_TRY(iou_buffer_reserve(&job->scratch->ranks, anchors, sizeof(float), error));
    IOU_TRY(iou_buffer_reserve(&job->scratch->keys, largest, sizeof(uint64_t), error));
    job->ranks = job->scratch->ranks.data;
    atomic_init(&job->next, 0);
    iou_parallel(threads, rank_tasks, job);
    return IOU_OK;
}

/* ---- Candidates ---------------------------------------------------------------------------- */

/* The least key that stays on a level, and the number that stay. */
static uint64_t least_key(picture_job *job, size_t level, size_t *kept) {
    const float *ranks = job->ranks + job->first[level];
    const size_t anchors = job->views[level].cells * job->params->anchor_count;
    const size_t topk = job->params->topk;
    uint64_t *keys = job->scratch->keys.data;
    size_t count = 0;
    for (size_t i = 0; i < anchors; i++) {
        keys[count] = iou_rank_key(ranks[i], (uint32_t)i);
        count += ranks[i] >= 0.0f;
    }
    *kept = topk > 0 && count > topk ? topk : count;
    return *kept < count ? iou_select_kth(keys, count, topk) : 0;
}

/* Adds the classes of an anchor that pass the threshold; its slot is the newest. */
static void add_classes(picture_job *job, const iou_level_view *view, size_t anchor, float weight) {
    const iou_detector_params *params = job->params;
    const size_t cell = anchor / params->anchor_count, a = anchor % params->anchor_count;
    const float *values = view->cls + cell * view->cls_cell +
                          (a * params->channel_count + params->class_offset) * view->channel;
    const uint32_t order = (uint32_t)(job->slot_count * params->class_count);
    uint64_t *candidates = job->scratch->candidates.data;
    for (size_t c = 0; c < params->class_count; c++) {
        const float value = values[c * view->channel];
        if (value < job->fusion.cut) {
            continue;
        }
        const float p = iou_fusion_probability(&job->fusion, value);
        const float score = iou_fusion_score(&job->fusion, p, weight);
        if (iou_fusion_passes(&job->fusion, score)) {
            candidates[job->candidate_count++] = iou_rank_key(score, order + (uint32_t)c);
        }
    }
}

static void add_anchor(picture_job *job, size_t level, size_t anchor) {
    const iou_detector_params *params = job->params;
    const iou_level_view *view = &job->views[level];
    iou_slot *slot = (iou_slot *)job->scratch->slots.data + job->slot_count;
    if (!iou_decode_box(slot->box, view, params, level, anchor, job->frame)) {
        return;
    }
    if (!params->box.nms_in_network) {
        iou_return_box(slot->box, job->frame);
    }
    slot->iou = iou_fusion_quality(&job->fusion, view, anchor / params->anchor_count,
                                   anchor % params->anchor_count);
    slot->level = (uint32_t)level;
    slot->anchor = (uint32_t)anchor;
    add_classes(job, view, anchor, iou_fusion_weight(&job->fusion, slot->iou));
    job->slot_count++;
}

/* Room for a level's candidates before they are added: all classes of all its anchors. */
static iou_status reserve_level(picture_job *job, size_t kept, iou_error *error) {
    const size_t classes = job->params->class_count;
    const size_t slots = job->slot_count + kept;
    IOU_FAIL_IF(slots > UINT32_MAX / classes, IOU_LIMIT, error,
                "detector: %zu candidates of %zu classes are too many; wanted a lower iou.topk",
                slots, classes);
    IOU_TRY(iou_buffer_reserve(&job->scratch->slots, slots, sizeof(iou_slot), error));
    return iou_buffer_reserve(&job->scratch->candidates, job->candidate_count + kept * classes,
                              sizeof(uint64_t), error);
}

static iou_status collect(picture_job *job, iou_error *error) {
    for (size_t level = 0; level < job->params->level_count; level++) {
        size_t kept = 0;
        const uint64_t least = least_key(job, level, &kept);
        IOU_TRY(reserve_level(job, kept, error));
        const float *ranks = job->ranks + job->first[level];
        for (size_t i = 0; kept > 0; i++) {
            if (ranks[i] >= 0.0f && iou_rank_key(ranks[i], (uint32_t)i) >= least) {
                add_anchor(job, level, i);
                kept--;
            }
        }
    }
    return IOU_OK;
}

/* ---- Report -------------------------------------------------------------------------------- */

static void complete(const picture_job *job, const uint32_t *kept, iou_detection *out,
                     size_t count) {
    const iou_detector_params *params = job->params;
    const iou_slot *slots = job->scratch->slots.data;
    for (size_t i = 0; i < count; i++) {
        const iou_slot *slot = &slots[kept[i]];
        const iou_level_view *view = &job->views[slot->level];
        const size_t cell = slot->anchor / params->anchor_count;
        const size_t a = slot->anchor % params->anchor_count;
        const size_t channel =
            a * params->channel_count + params->class_offset + (size_t)out[i].label;
        const float value = view->cls[cell * view->cls_cell + channel * view->channel];
        out[i].probability = iou_fusion_probability(&job->fusion, value);
        out[i].iou = slot->iou;
        if (params->box.nms_in_network) {
            iou_return_box(out[i].box, job->frame);
        }
    }
}

static iou_status suppress(picture_job *job, const iou_detect_wishes *wishes, iou_detection *out,
                           size_t *count, iou_error *error) {
    const iou_detector_params *params = job->params;
    const size_t wanted = (size_t)wishes->max_detections;
    const size_t max = job->candidate_count < wanted ? job->candidate_count : wanted;
    iou_buffer *chains = &job->scratch->chains;
    IOU_TRY(iou_buffer_reserve(chains, params->class_count + 2 * max, sizeof(int32_t), error));
    int32_t *heads = chains->data;
    const iou_nms nms = {
        .slots = job->scratch->slots.data,
        .class_count = params->class_count,
        .max = max,
        .threshold = wishes->nms_threshold,
        .pixel = params->box.pixel,
        .inclusive = params->nms_inclusive,
        .heads = heads,
        .next = heads + params->class_count,
        .kept = (uint32_t *)(heads + params->class_count + max),
    };
    *count = iou_nms_run(&nms, job->scratch->candidates.data, job->candidate_count, out);
    complete(job, nms.kept, out, *count);
    return IOU_OK;
}

iou_status iou_heads_detect(const iou_heads *heads, size_t image, const iou_detector_params *params,
                            const iou_detect_wishes *wishes, const iou_frame *frame,
                            iou_heads_scratch *scratch, int threads, iou_detection *out,
                            size_t *count, iou_error *error) {
    picture_job job = {.params = params,
                       .frame = frame,
                       .scratch = scratch,
                       .fusion = iou_fusion_make(params, wishes)};
    *count = 0;
    IOU_TRY(rank_all(&job, heads, image, threads, error));
    IOU_TRY(collect(&job, error));
    return suppress(&job, wishes, out, count, error);
}

void iou_heads_scratch_release(iou_heads_scratch *scratch) {
    iou_buffer_release(&scratch->ranks);
    iou_buffer_release(&scratch->keys);
    iou_buffer_release(&scratch->slots);
    iou_buffer_release(&scratch->candidates);
    iou_buffer_release(&scratch->chains);
}

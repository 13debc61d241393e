#include "detect/heads.h"

#include "detect/picture_job.h"

enum { CELLS_PER_TASK = 1024 };

typedef struct rank_job {
    const iou_picture_job *job;
    size_t tasks[IOU_MAX_LEVELS]; /* of the levels before, this one included */
    atomic_size_t next;
} rank_job;

static void rank_tasks(void *context, int thread, int threads) {
    rank_job *work = context;
    const iou_picture_job *job = work->job;
    const size_t levels = job->params->level_count;
    (void)thread;
    (void)threads;
    for (;;) {
        const size_t task = atomic_fetch_add(&work->next, 1);
        size_t level = 0;
        while (level < levels && task >= work->tasks[level]) {
            level++;
        }
        if (level == levels) {
            return;
        }
        const iou_level_view *view = &job->views[level];
        const size_t before = level > 0 ? work->tasks[level - 1] : 0;
        const size_t first = (task - before) * CELLS_PER_TASK;
        const size_t left = view->cells - first;
        const size_t last = first + (left < CELLS_PER_TASK ? left : CELLS_PER_TASK);
        iou_rank_cells(job->ranks + job->first[level], view, job->params, &job->gate, job->cut,
                       first, last);
    }
}

static iou_status rank_all(iou_picture_job *job, iou_workers *workers, iou_error *error) {
    rank_job work = {.job = job};
    size_t anchors = 0, tasks = 0;
    for (size_t i = 0; i < job->params->level_count; i++) {
        job->first[i] = anchors;
        anchors += job->views[i].cells * job->params->anchor_count;
        tasks += (job->views[i].cells + CELLS_PER_TASK - 1) / CELLS_PER_TASK;
        work.tasks[i] = tasks;
    }
    IOU_FAIL_IF(anchors > UINT32_MAX, IOU_LIMIT, error, "detector: %zu anchors are too many",
                anchors);
    IOU_TRY(iou_buffer_reserve(&job->scratch->ranks, anchors, sizeof(float), error));
    job->ranks = job->scratch->ranks.data;
    atomic_init(&work.next, 0);
    iou_parallel(workers, rank_tasks, &work);
    return IOU_OK;
}

/* A stride of the input's side by the map's is at least one pixel. */
static iou_status check_strides(const iou_heads *heads, const iou_detector_params *params,
                                iou_error *error) {
    for (size_t i = 0; params->strides_from_maps && i < params->level_count; i++) {
        const iou_head_level *map = &heads->levels[i];
        IOU_FAIL_IF(map->height > heads->height || map->width > heads->width, IOU_BAD_METADATA,
                    error,
                    "metadata key 'iou.strides': wanted maps no larger than the input of "
                    "%lld x %lld, found %lld x %lld on level %zu",
                    (long long)heads->height, (long long)heads->width, (long long)map->height,
                    (long long)map->width, i);
    }
    return IOU_OK;
}

iou_status iou_heads_detect(const iou_heads *heads, size_t image, const iou_detector_params *params,
                            const iou_detect_wishes *wishes, const iou_frame *frame,
                            iou_heads_scratch *scratch, iou_workers *workers, iou_detection *out,
                            size_t *count, iou_error *error) {
    iou_picture_job job = {.params = params,
                           .frame = frame,
                           .scratch = scratch,
                           .fusion = iou_fusion_make(params, wishes),
                           .gate = iou_fusion_make_gate(params, wishes)};
    *count = 0;
    job.cut = iou_fusion_cut(&job.gate, job.gate.threshold);
    IOU_TRY(check_strides(heads, params, error));
    for (size_t i = 0; i < params->level_count; i++) {
        job.views[i] = iou_level_view_make(heads, image, i, params, frame);
    }
    IOU_TRY(rank_all(&job, workers, error));
    IOU_TRY(iou_collect_candidates(&job, error));
    return iou_report_best(&job, wishes, out, count, error);
}

void iou_heads_scratch_release(iou_heads_scratch *scratch) {
    iou_buffer_release(&scratch->ranks);
    iou_buffer_release(&scratch->keys);
    iou_buffer_release(&scratch->slots);
    iou_buffer_release(&scratch->candidates);
    iou_buffer_release(&scratch->chains);
}

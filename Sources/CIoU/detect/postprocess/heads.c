#include "detect/postprocess/heads.h"

#include "detect/preprocess/picture_job.h"

/* A stride of the input's side by the map's is at least one pixel. */
static iou_status check_strides(const iou_heads *heads, const iou_detector_params *params,
                                iou_error *error) {
    for (size_t i = 0; params->strides_from_maps && i < params->level_count; i++) {
        const iou_head_level *map = &heads->levels[i];
        IOU_FAIL_IF(map->height > heads->height || map->width > heads->width, IOU_BAD_METADATA,
                    error,
                    "metadata key 'iou.strides': expected maps no larger than the input of "
                    "%lld x %lld, found %lld x %lld on level %zu",
                    (long long)heads->height, (long long)heads->width, (long long)map->height,
                    (long long)map->width, i);
    }
    return IOU_OK;
}

static iou_status make_views(iou_picture_job *job, const iou_heads *heads, size_t image,
                             iou_error *error) {
    const iou_detector_params *params = job->params;
    if (iou_rows_are_listed(&params->rows)) {
        job->views[0] = iou_row_view_make(heads, image, params, job->letterbox);
        return IOU_OK;
    }
    IOU_TRY(check_strides(heads, params, error));
    for (size_t i = 0; i < params->level_count; i++) {
        job->views[i] = iou_level_view_make(heads, image, i, params, job->letterbox);
    }
    return IOU_OK;
}

iou_status iou_heads_detect(const iou_heads *heads, size_t image, const iou_detector_params *params,
                            const iou_detect_settings *settings, const iou_letterbox *letterbox,
                            iou_heads_scratch *scratch, iou_workers *workers, iou_detection *out,
                            size_t *count, iou_error *error) {
    iou_picture_job job = {.params = params,
                           .letterbox = letterbox,
                           .scratch = scratch,
                           .fusion = iou_fusion_make(params, settings),
                           .pre_nms = iou_fusion_make_pre_nms(params, settings)};
    *count = 0;
    job.cut = iou_fusion_cut(&job.pre_nms, job.pre_nms.threshold);
    IOU_TRY(make_views(&job, heads, image, error));
    if (iou_rows_have_labels(&params->rows)) {
        IOU_TRY(iou_choose_labelled(&job, &heads->rows, image, error));
    } else {
        IOU_TRY(iou_rank_anchors(&job, heads->isa, workers, error));
        IOU_TRY(iou_choose_candidates(&job, error));
    }
    return iou_final_detections(&job, settings, out, count, error);
}

void iou_heads_scratch_release(iou_heads_scratch *scratch) {
    iou_buffer_release(&scratch->ranks);
    iou_buffer_release(&scratch->spare);
    iou_buffer_release(&scratch->counts);
    iou_buffer_release(&scratch->candidates);
    iou_buffer_release(&scratch->queue);
    iou_buffer_release(&scratch->pairs);
    iou_buffer_release(&scratch->chains);
}

/* The last run's maps under other settings, or with IoUs that make no mistakes. */
#include "core/memory.h"
#include "detect/detect_overrides.h"
#include "detect/detector.h"
#include "detect/postprocess/true_iou.h"

/* A call's arguments. */
typedef struct rescore_call {
    size_t count;
    const iou_truth *truths; /* NULL: the predicted IoUs count */
    iou_detect_options options;
    iou_detection *out;
    size_t capacity;
    size_t *counts;
} rescore_call;

static iou_status check_last_run(const iou_detector *detector, size_t count, iou_error *error) {
    const iou_last_run *last = &detector->last;
    IOU_FAIL_IF(detector->params.graph.count > 0, IOU_UNSUPPORTED, error,
                "detector: expected maps to score again, found a model whose graph reports "
                "detections");
    IOU_FAIL_IF(last->count == 0, IOU_INVALID_ARGUMENT, error,
                "detector: expected a run to score again, found none that succeeded last");
    IOU_FAIL_IF(last->count != count, IOU_INVALID_ARGUMENT, error,
                "detector: expected the %zu pictures of the last run, found %zu", last->count,
                count);
    IOU_FAIL_IF(last->seen != count, IOU_UNSUPPORTED, error,
                "detector: expected a run of at most %lld pictures, the model's batch, to score it "
                "again, found %zu",
                (long long)detector->fixed[0], count);
    return IOU_OK;
}

static iou_status score(iou_detector *detector, const iou_heads *heads,
                        const iou_detector_params *params, const rescore_call *call,
                        iou_error *error) {
    const iou_letterbox *letterboxes = detector->letterboxes.data;
    iou_detect_settings settings;
    IOU_TRY(iou_detect_overrides_apply(&settings, params, &call->options, error));
    IOU_FAIL_IF(call->capacity < (size_t)settings.max_detections, IOU_BUFFER_TOO_SMALL, error,
                "detector: expected room for %d detections, found %zu",
                (int)settings.max_detections, call->capacity);
    for (size_t i = 0; i < call->count; i++) {
        IOU_TRY(iou_heads_detect(heads, i, params, &settings, &letterboxes[i], &detector->heads,
                                 detector->workers, call->out + i * call->capacity,
                                 &call->counts[i], error));
    }
    return IOU_OK;
}

static iou_status score_call(iou_detector *detector, const rescore_call *call, iou_error *error) {
    IOU_TRY(check_last_run(detector, call->count, error));
    if (!call->truths) {
        return score(detector, &detector->last.heads, &detector->params, call, error);
    }
    IOU_FAIL_IF(iou_rows_are_listed(&detector->params.rows), IOU_UNSUPPORTED, error,
                "detector: expected maps for true IoUs, found a model whose outputs list boxes");
    iou_heads heads = detector->last.heads;
    iou_detector_params params = detector->params;
    IOU_TRY(iou_true_iou_maps(&heads, &params, detector->letterboxes.data, call->truths,
                              call->count, &detector->true_ious, error));
    return score(detector, &heads, &params, call, error);
}

static iou_status rescore(iou_detector *detector, rescore_call *call,
                          const iou_detect_options *options, iou_error *error) {
    IOU_TRY(iou_handle_check(detector, IOU_HANDLE_DETECTOR, error));
    IOU_FAIL_IF(call->count > 0 && (!call->out || !call->counts), IOU_INVALID_ARGUMENT, error,
                "detector: out or counts is null");
    IOU_TRY(iou_detect_options_take(&call->options, options, error));
    IOU_TRY(iou_handle_enter(detector, IOU_HANDLE_DETECTOR, error));
    const iou_allocator *before = iou_memory_enter(&detector->handle.allocator);
    const iou_status status = score_call(detector, call, error);
    iou_memory_leave(before);
    iou_handle_leave(detector);
    return status;
}

iou_status iou_detector_rescore(iou_detector *detector, size_t count,
                                const iou_detect_options *options, iou_detection *out,
                                size_t capacity, size_t *counts, iou_error *error) {
    rescore_call call = {count, NULL, {0}, out, capacity, counts};
    return rescore(detector, &call, options, error);
}

iou_status iou_detector_rescore_oracle(iou_detector *detector, const iou_truth *truths,
                                       size_t count, const iou_detect_options *options,
                                       iou_detection *out, size_t capacity, size_t *counts,
                                       iou_error *error) {
    for (size_t i = 0; truths && i < count; i++) {
        IOU_FAIL_IF(truths[i].count > 0 && !truths[i].boxes, IOU_INVALID_ARGUMENT, error,
                    "detector: the true boxes of picture %zu are null", i);
    }
    IOU_FAIL_IF(count > 0 && !truths, IOU_INVALID_ARGUMENT, error, "detector: truths are null");
    rescore_call call = {count, truths, {0}, out, capacity, counts};
    return rescore(detector, &call, options, error);
}

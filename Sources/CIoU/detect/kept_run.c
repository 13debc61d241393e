/* A run's outputs that outlive it. */
#include "core/memory.h"
#include "detect/detect_overrides.h"
#include "detect/detector.h"
#include "iou/kept.h"

#include <string.h>

struct iou_kept_run {
    int64_t batch, height, width; /* of the network's input, as the outputs show it */
    size_t image;                 /* the picture in the batch */
    iou_letterbox letterbox;
    iou_tensor outputs[IOU_NETWORK_OUTPUTS]; /* without names; their memory follows the struct */
    size_t output_count, size;
};

static iou_status check_last_run(const iou_detector *detector, size_t picture, iou_error *error) {
    const iou_last_run *last = &detector->last;
    IOU_FAIL_IF(detector->params.graph.count > 0, IOU_UNSUPPORTED, error,
                "detector: expected maps to keep, found a model whose graph reports detections");
    IOU_FAIL_IF(last->count == 0, IOU_INVALID_ARGUMENT, error,
                "detector: expected a run to keep, found none that succeeded last");
    IOU_FAIL_IF(last->seen != last->count, IOU_UNSUPPORTED, error,
                "detector: expected a run of at most %lld pictures, the model's batch, to keep it, "
                "found %zu",
                (long long)detector->fixed[0], last->count);
    IOU_FAIL_IF(picture >= last->count, IOU_INVALID_ARGUMENT, error,
                "detector: expected one of the last run's %zu pictures, found number %zu",
                last->count, picture);
    return IOU_OK;
}

/* Whether every output has a picture's part of its own, to be kept without the others. Rows that
 * say whose they are are not sorted by pictures. */
static bool is_divisible(const iou_last_run *last, const iou_detector_params *params) {
    bool divisible = last->heads.batch > 1 && !params->rows.parts[IOU_ROW_PICTURE].there;
    for (size_t i = 0; i < last->output_count; i++) {
        const iou_tensor *output = &last->outputs[i];
        divisible = divisible && output->rank > 0 && output->dims[0] == last->heads.batch;
    }
    return divisible;
}

static size_t part_size(const iou_tensor *output, bool divided, int64_t batch) {
    return divided ? output->size / (size_t)batch : output->size;
}

static void copy_outputs(iou_kept_run *kept, const iou_last_run *last, size_t picture,
                         bool divided) {
    unsigned char *to = (unsigned char *)kept + iou_memory_aligned(sizeof *kept);
    for (size_t i = 0; i < last->output_count; i++) {
        const iou_tensor *from = &last->outputs[i];
        const size_t size = part_size(from, divided, last->heads.batch);
        iou_tensor *own = &kept->outputs[i];
        *own = *from;
        own->name = NULL; /* the model's, which may go */
        own->data = to;
        own->size = size;
        if (divided) {
            own->dims[0] = 1;
        }
        if (size > 0) {
            memcpy(to, (const unsigned char *)from->data + (divided ? picture * size : 0), size);
        }
        to += iou_memory_aligned(size);
    }
}

static iou_status keep(iou_detector *detector, size_t picture, iou_kept_run **out,
                       iou_error *error) {
    IOU_TRY(check_last_run(detector, picture, error));
    const iou_last_run *last = &detector->last;
    const bool divided = is_divisible(last, &detector->params);
    size_t size = iou_memory_aligned(sizeof **out);
    for (size_t i = 0; i < last->output_count; i++) {
        size += iou_memory_aligned(part_size(&last->outputs[i], divided, last->heads.batch));
    }
    iou_kept_run *kept = iou_memory_take(size);
    IOU_FAIL_IF(!kept, IOU_OUT_OF_MEMORY, error, "detector: no memory for %zu bytes of maps", size);
    const iou_letterbox *letterboxes = detector->letterboxes.data;
    *kept = (iou_kept_run){.batch = divided ? 1 : last->heads.batch,
                           .height = last->heads.height,
                           .width = last->heads.width,
                           .image = divided ? 0 : picture,
                           .letterbox = letterboxes[picture],
                           .output_count = last->output_count,
                           .size = size};
    copy_outputs(kept, last, picture, divided);
    *out = kept;
    return IOU_OK;
}

iou_status iou_detector_keep(iou_detector *detector, size_t picture, iou_kept_run **out,
                             iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "detector: out is null");
    *out = NULL;
    IOU_TRY(iou_handle_check(detector, IOU_HANDLE_DETECTOR, error));
    IOU_TRY(iou_handle_enter(detector, IOU_HANDLE_DETECTOR, error));
    const iou_allocator *before = iou_memory_enter(&detector->handle.allocator);
    const iou_status status = keep(detector, picture, out, error);
    iou_memory_leave(before);
    iou_handle_leave(detector);
    return status;
}

void iou_kept_run_close(iou_kept_run **kept) {
    if (kept) {
        iou_memory_release(*kept);
        *kept = NULL;
    }
}

size_t iou_kept_run_size(const iou_kept_run *kept) {
    return kept->size;
}

static iou_status score_kept(iou_detector *detector, const iou_kept_run *kept,
                             const iou_detect_options *options, iou_detection *out, size_t capacity,
                             size_t *count, iou_error *error) {
    const iou_detector_params *params = &detector->params;
    iou_detect_settings settings;
    IOU_TRY(iou_detect_overrides_apply(&settings, params, options, error));
    IOU_FAIL_IF(capacity < (size_t)settings.max_detections, IOU_BUFFER_TOO_SMALL, error,
                "detector: expected room for %d detections, found %zu",
                (int)settings.max_detections, capacity);
    iou_tensor outputs[IOU_NETWORK_OUTPUTS];
    const size_t expected = iou_network_outputs_name(outputs, params);
    IOU_FAIL_IF(params->graph.count > 0 || expected != kept->output_count, IOU_BAD_METADATA, error,
                "detector: expected a run of its own model, found one with %zu outputs",
                kept->output_count);
    for (size_t i = 0; i < expected; i++) {
        const char *name = outputs[i].name;
        outputs[i] = kept->outputs[i];
        outputs[i].name = name;
    }
    detector->last.count = 0; /* its rows lie in the memory that these are joined in */
    iou_heads heads = {
        .batch = kept->batch, .height = kept->height, .width = kept->width, .isa = detector->isa};
    IOU_TRY(iou_network_outputs_take(&heads, outputs, params, &detector->rows, error));
    return iou_heads_detect(&heads, kept->image, params, &settings, &kept->letterbox,
                            &detector->heads, detector->workers, out, count, error);
}

iou_status iou_detector_rescore_kept(iou_detector *detector, const iou_kept_run *kept,
                                     const iou_detect_options *options, iou_detection *out,
                                     size_t capacity, size_t *count, iou_error *error) {
    IOU_TRY(iou_handle_check(detector, IOU_HANDLE_DETECTOR, error));
    IOU_FAIL_IF(!kept || !out || !count, IOU_INVALID_ARGUMENT, error,
                "detector: kept, out or count is null");
    iou_detect_options own;
    IOU_TRY(iou_detect_options_take(&own, options, error));
    IOU_TRY(iou_handle_enter(detector, IOU_HANDLE_DETECTOR, error));
    const iou_allocator *before = iou_memory_enter(&detector->handle.allocator);
    const iou_status status = score_kept(detector, kept, &own, out, capacity, count, error);
    iou_memory_leave(before);
    iou_handle_leave(detector);
    return status;
}

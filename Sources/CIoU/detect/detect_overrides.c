#include "detect/detect_overrides.h"

#include "core/options.h"

#include <math.h>

iou_detect_options iou_detect_options_default(void) {
    return (iou_detect_options){
        .struct_size = sizeof(iou_detect_options),
        .alpha = NAN,
        .score_threshold = NAN,
        .nms_threshold = NAN,
        .max_detections = -1,
    };
}

static iou_status override(float *value, float given, const char *name, iou_error *error) {
    if (given >= 0.0f) {
        IOU_FAIL_IF(given > 1.0f, IOU_INVALID_ARGUMENT, error,
                    "detect options: expected %s from 0 to 1, found %g", name, (double)given);
        *value = given;
    }
    return IOU_OK;
}

iou_status iou_detect_options_take(iou_detect_options *own, const iou_detect_options *given,
                                   iou_error *error) {
    *own = iou_detect_options_default();
    return given ? iou_options_take(own, sizeof *own, given, "detect options", error) : IOU_OK;
}

iou_status iou_detect_overrides_apply(iou_detect_settings *settings,
                                      const iou_detector_params *params,
                                      const iou_detect_options *options, iou_error *error) {
    *settings = params->settings;
    IOU_FAIL_IF(params->graph.count > 0 &&
                    (options->alpha >= 0.0f || options->score_threshold >= 0.0f ||
                     options->nms_threshold >= 0.0f),
                IOU_UNSUPPORTED, error,
                "detect options: alpha and the thresholds are constants of this model's graph");
    IOU_FAIL_IF(options->alpha >= 0.0f && options->alpha != 1.0f && params->graph.count == 0 &&
                    !params->iou_names,
                IOU_UNSUPPORTED, error,
                "detect options: expected alpha 1 of a model that predicts no IoU, found %g",
                (double)options->alpha);
    IOU_FAIL_IF(options->nms_threshold >= 0.0f && params->rows.suppressed, IOU_UNSUPPORTED, error,
                "detect options: expected no nms_threshold of a model whose graph suppresses, "
                "found %g",
                (double)options->nms_threshold);
    IOU_TRY(override(&settings->alpha, options->alpha, "alpha", error));
    IOU_TRY(
        override(&settings->score_threshold, options->score_threshold, "score_threshold", error));
    IOU_TRY(override(&settings->nms_threshold, options->nms_threshold, "nms_threshold", error));
    IOU_FAIL_IF(options->max_detections == 0, IOU_INVALID_ARGUMENT, error,
                "detect options: expected max_detections of at least 1, found 0");
    if (options->max_detections > 0) {
        settings->max_detections = options->max_detections;
    }
    return IOU_OK;
}

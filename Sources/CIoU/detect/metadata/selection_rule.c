#include "detect/metadata/detector_params.h"

#include <math.h>
#include <string.h>

/* A row that has its class already is in no top-k: the graph has done that. */
static void read_topk(iou_detector_params *params, iou_metadata_reader *reader) {
    static const char *const keys[] = {"iou.topk", "iou.topk.unit", "iou.topk.when"};
    if (iou_rows_have_labels(&params->rows)) {
        for (size_t i = 0; i < 3; i++) {
            iou_metadata_absent(reader, keys[i], "rows have labels");
        }
        return;
    }
    params->topk = (size_t)iou_metadata_integer(reader, keys[0], 0, INT32_MAX);
    params->topk_pairs = iou_metadata_word(reader, keys[1], "anchors pairs") == 1;
    (void)iou_metadata_word(reader, keys[2], "before-threshold after-threshold");
    if (params->topk_pairs && params->rows.best_class) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, keys[1],
                            "expected anchors with iou.classes.kept best, found 'pairs'");
    }
}

static void read_suppression(iou_detector_params *params, iou_metadata_reader *reader) {
    static const char *const keys[] = {"iou.nms.compare", "iou.nms.classes", "iou.nms.space"};
    const char *threshold = "iou.nms.threshold";
    const bool rows = iou_rows_are_listed(&params->rows);
    if (rows && strcmp(iou_metadata_text(reader, threshold), "none") == 0) {
        for (size_t i = 0; i < 3; i++) {
            iou_metadata_absent(reader, keys[i], "iou.nms.threshold is none");
        }
        params->rows.suppressed = true;
        params->settings.nms_threshold = INFINITY; /* no overlap is above it */
        return;
    }
    params->settings.nms_threshold = iou_metadata_number(reader, threshold, 0.0f, 1.0f);
    params->nms_inclusive = iou_metadata_word(reader, keys[0], "> >=") == 1;
    params->nms_together = iou_metadata_word(reader, keys[1], "separate together") == 1;
    params->box.nms_in_network = iou_metadata_word(reader, keys[2], "picture network") == 1;
}

void iou_selection_read(iou_detector_params *params, iou_metadata_reader *reader) {
    iou_detect_settings *settings = &params->settings;
    read_topk(params, reader);
    settings->score_threshold = iou_metadata_number(reader, "iou.score.threshold", 0.0f, 1.0f);
    params->score_inclusive = iou_metadata_word(reader, "iou.score.compare", "> >=") == 1;
    read_suppression(params, reader);
    settings->max_detections =
        (int32_t)iou_metadata_integer(reader, "iou.detections.max", 1, INT32_MAX);
}

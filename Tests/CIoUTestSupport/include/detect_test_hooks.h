/* Test hooks into detection: metadata, preprocessing and post-processing, each alone. */
#ifndef IOU_DETECT_TEST_HOOKS_H
#define IOU_DETECT_TEST_HOOKS_H

#include "iou/iou.h"
#include "iou/oracle.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct iou_test_detector iou_test_detector;

/** What tests look at; the rest shows in results. */
typedef struct iou_test_summary {
    size_t levels, anchors, channels, classes, topk;
    float alpha, score_threshold, nms_threshold;
    int32_t max_detections;
} iou_test_summary;

/** `pairs`: key NUL value NUL …, `size` bytes. */
iou_status iou_test_detector_open(iou_test_detector **out, const char *pairs, size_t size,
                                  iou_error *error);
void iou_test_detector_close(iou_test_detector **detector);
iou_test_summary iou_test_detector_summary(const iou_test_detector *detector);
const float *iou_test_detector_anchors(const iou_test_detector *detector);
const char *iou_test_detector_label(const iou_test_detector *detector, size_t index);

/** Checks the metadata against a model's inputs and outputs. */
iou_status iou_test_detector_match(const iou_test_detector *detector, const iou_value_info *inputs,
                                   size_t input_count, const iou_value_info *outputs,
                                   size_t output_count, iou_error *error);

/** One level's maps of the whole batch; `iou` and `objectness` may be NULL. */
typedef struct iou_test_level {
    int64_t height, width;
    const float *cls, *box, *iou, *objectness;
} iou_test_level;

/** A picture resized to width x height by (scale_x, scale_y), in an input of given sides. */
typedef struct iou_test_letterbox {
    int64_t input_height, input_width;
    int32_t picture_height, picture_width, height, width;
    float scale_y, scale_x;
} iou_test_letterbox;

/** Picture `image` of the batch; with the true IoU where there is a `truth`. */
iou_status iou_test_detect(iou_test_detector *detector, const iou_test_level *levels, int64_t batch,
                           size_t image, const iou_test_letterbox *placed, const iou_truth *truth,
                           const iou_detect_options *options, int threads, iou_detection *out,
                           size_t capacity, size_t *count, iou_error *error);

/** The input's height and width, and each picture's resized height, width, scale y and scale x. */
iou_status iou_test_place(iou_test_detector *detector, const iou_picture *pictures, size_t count,
                          int64_t sides[2], double *letterboxes, iou_error *error);

/** Writes [count, 3, height, width], or channels last, with the sides that iou_test_place gave. */
iou_status iou_test_preprocess(iou_test_detector *detector, const iou_picture *pictures,
                               size_t count, int threads, float *out, iou_error *error);

/**
 * Maxima by the kernel "scalar", "avx2", "avx512" or "emulated": of `span` neighbours (`rows`), or
 * of as many planes. False where this machine lacks it.
 */
bool iou_test_class_max(const char *kernel, bool rows, float *best, const float *values,
                        size_t count, size_t step, size_t span, float cut);

/** A number by the metadata's grammar; false and untouched where `text` is none. */
bool iou_test_number(const char *text, float *value);

/**
 * The keys of a preset for a model of `size` bytes, whose file has the labels: key NUL value NUL …
 * as far as there is room; `used`: how much all take.
 */
iou_status iou_test_preset(const void *model, size_t size, const char *preset, char *out,
                           size_t capacity, size_t *used, iou_error *error);

#ifdef __cplusplus
}
#endif

#endif

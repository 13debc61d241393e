/* The same boxes from the same gray picture in every format; a format and a buffer are refused. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "embedded_run.h"
#include "promises.h"

/** The same gray picture in one of the formats. */
static size_t detect_as(iou_detector *detector, iou_pixel_format format, size_t step,
                        iou_detection *found, size_t most) {
    uint8_t *bytes = malloc(HEIGHT * WIDTH * step);
    size_t count = 0;
    if (!bytes) {
        give_up("no memory");
    }
    for (size_t i = 0; i < HEIGHT * WIDTH * step; i++) {
        const size_t at = i / step, x = at % WIDTH, y = at / WIDTH;
        const bool inside = (x - 60) * (x - 60) + (y - 50) * (y - 50) < 900;
        bytes[i] = i % step == 3 ? (uint8_t)(i * 7) : inside ? 120 : 230;
    }
    const iou_picture picture = {bytes, WIDTH, HEIGHT, WIDTH * step, format};
    iou_detect_options options = iou_detect_options_default();
    options.score_threshold = 0.0f;
    iou_error error;
    if (iou_detector_run(detector, &picture, 1, &options, found, most, &count, &error)) {
        give_up(error.text);
    }
    free(bytes);
    return count;
}

void check_pictures(const iou_model *model) {
    static const struct {
        iou_pixel_format format;
        size_t step;
    } ways[] = {
        {IOU_PIXELS_BGR, 3}, {IOU_PIXELS_RGBA, 4}, {IOU_PIXELS_BGRA, 4}, {IOU_PIXELS_GRAY, 1}};
    iou_detector *detector;
    iou_error error;
    if (iou_detector_open(&detector, model, NULL, &error)) {
        give_up(error.text);
    }
    const size_t most = iou_detector_max_detections(detector, NULL);
    iou_detection *expected = calloc(2 * most, sizeof *expected);
    if (!expected) {
        give_up("no memory");
    }
    const size_t count = detect_as(detector, IOU_PIXELS_RGB, 3, expected, most);
    CHECK(count > 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK(detect_as(detector, ways[i].format, ways[i].step, expected + most, most) == count);
        CHECK(memcmp(expected, expected + most, count * sizeof *expected) == 0);
    }
    const iou_picture odd = {(const uint8_t *)expected, 4, 4, 64, (iou_pixel_format)9};
    size_t none;
    CHECK(iou_detector_run(detector, &odd, 1, NULL, expected, most, &none, &error) ==
          IOU_INVALID_ARGUMENT);
    CHECK(iou_detector_run(detector, &odd, 1, NULL, expected, 0, &none, &error) ==
          IOU_BUFFER_TOO_SMALL);
    free(expected);
    iou_detector_close(&detector);
}

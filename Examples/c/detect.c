/* Boxes in a picture: detect MODEL PICTURE. Prints label, score and box of each, the best first. */
#include <stdio.h>
#include <stdlib.h>

#include <iou/image.h>
#include <iou/iou.h>

static void check(iou_status status, const iou_error *error) {
    if (status != IOU_OK) {
        fprintf(stderr, "detect: %s\n", error->text);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: detect MODEL PICTURE\n");
        return 64;
    }
    iou_error error;
    iou_model *model;
    iou_detector *detector;
    iou_pixels photo;
    check(iou_model_open(&model, argv[1], NULL, &error), &error);
    check(iou_detector_open(&detector, model, NULL, &error), &error);
    check(iou_image_read(&photo, argv[2], NULL, &error), &error);
    const iou_picture picture = {.data = photo.data,
                                 .width = photo.width,
                                 .height = photo.height,
                                 .stride = photo.stride,
                                 .format = IOU_PIXELS_RGB};
    iou_detect_options options = iou_detect_options_default();
    options.score_threshold = 0.5f;
    const size_t most = iou_detector_max_detections(detector, &options);
    iou_detection *found = calloc(most, sizeof *found);
    size_t count = 0;
    if (!found) {
        fprintf(stderr, "detect: no memory\n");
        return 1;
    }
    check(iou_detector_run(detector, &picture, 1, &options, found, most, &count, &error), &error);
    for (size_t i = 0; i < count; i++) {
        const float *box = found[i].box;
        printf("%s %.3f %.1f %.1f %.1f %.1f\n",
               iou_detector_label(detector, (size_t)found[i].label), (double)found[i].score,
               (double)box[0], (double)box[1], (double)box[2], (double)box[3]);
    }
    free(found);
    iou_image_free(&photo);
    iou_detector_close(&detector);
    iou_model_close(&model);
    return 0;
}

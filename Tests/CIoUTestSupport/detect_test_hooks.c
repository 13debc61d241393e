#include "detect_test_hooks.h"

#include "detect/detect_overrides.h"
#include "detect/postprocess/heads.h"
#include "detect/metadata/metadata_text.h"
#include "detect/preprocess/preprocess.h"
#include "detect/postprocess/class_max.h"
#include "detect/postprocess/true_iou.h"
#include "iou/presets.h"
#include "kernel_check_variants.h"

#include <stdlib.h>
#include <string.h>

struct iou_test_detector {
    iou_detector_params params;
    iou_heads_scratch heads;
    iou_preprocess_scratch preprocess;
    iou_buffer letterboxes, truths, true_ious;
    iou_workers *workers; /* of the last call */
};

typedef struct pair_list {
    const char *text;
    size_t size;
} pair_list;

static const char *value_behind(const char *key) {
    return key + strlen(key) + 1;
}

static const char *key_of_pair(const void *context, size_t index) {
    const pair_list *list = context;
    const char *end = list->text + list->size;
    const char *at = list->text;
    for (; at < end && index > 0; index--) {
        const char *value = value_behind(at);
        at = value + strlen(value) + 1;
    }
    return at < end ? at : NULL;
}

static const char *find_pair(const void *context, const char *expected) {
    const char *key;
    for (size_t i = 0; (key = key_of_pair(context, i)) != NULL; i++) {
        if (strcmp(key, expected) == 0) {
            return value_behind(key);
        }
    }
    return NULL;
}

iou_status iou_test_detector_open(iou_test_detector **out, const char *pairs, size_t size,
                                  iou_error *error) {
    const pair_list list = {pairs, size};
    const iou_metadata from = {find_pair, &list, key_of_pair};
    *out = NULL;
    iou_test_detector *detector = calloc(1, sizeof *detector);
    IOU_FAIL_IF(!detector, IOU_OUT_OF_MEMORY, error, "no memory");
    const iou_status status = iou_detector_params_read(&detector->params, from, error);
    if (status != IOU_OK) {
        free(detector);
        return status;
    }
    *out = detector;
    return IOU_OK;
}

void iou_test_detector_close(iou_test_detector **detector) {
    if (*detector) {
        iou_detector_params_release(&(*detector)->params);
        iou_heads_scratch_release(&(*detector)->heads);
        iou_preprocess_scratch_release(&(*detector)->preprocess);
        iou_buffer_release(&(*detector)->letterboxes);
        iou_buffer_release(&(*detector)->truths);
        iou_buffer_release(&(*detector)->true_ious);
        iou_workers_destroy((*detector)->workers);
        free(*detector);
        *detector = NULL;
    }
}

iou_test_summary iou_test_detector_summary(const iou_test_detector *detector) {
    const iou_detector_params *params = &detector->params;
    return (iou_test_summary){
        .levels = params->level_count,
        .anchors = params->anchor_count,
        .channels = params->channel_count,
        .classes = params->class_count,
        .topk = params->topk,
        .alpha = params->settings.alpha,
        .score_threshold = params->settings.score_threshold,
        .nms_threshold = params->settings.nms_threshold,
        .max_detections = params->settings.max_detections,
    };
}

const float *iou_test_detector_anchors(const iou_test_detector *detector) {
    return detector->params.anchors;
}

const char *iou_test_detector_label(const iou_test_detector *detector, size_t index) {
    return index < detector->params.class_count ? detector->params.labels[index] : NULL;
}

iou_status iou_test_detector_match(const iou_test_detector *detector, const iou_value_info *inputs,
                                   size_t input_count, const iou_value_info *outputs,
                                   size_t output_count, iou_error *error) {
    return iou_detector_params_match(&detector->params, inputs, input_count, outputs, output_count,
                                     error);
}

/* Workers stay over calls, as a detector's do. */
static iou_status find_workers(iou_test_detector *detector, int threads, iou_error *error) {
    if (!detector->workers || iou_workers_count(detector->workers) != threads) {
        iou_workers_destroy(detector->workers);
        detector->workers = iou_workers_create(threads, NULL);
    }
    IOU_FAIL_IF(!detector->workers, IOU_OUT_OF_MEMORY, error, "no memory");
    return IOU_OK;
}

/* The pictures before have none. */
static iou_status use_truth(iou_test_detector *detector, iou_detector_params *params,
                            iou_heads *heads, size_t image, const iou_letterbox *letterbox,
                            const iou_truth *truth, iou_error *error) {
    IOU_TRY(iou_buffer_reserve(&detector->letterboxes, image + 1, sizeof(iou_letterbox), error));
    IOU_TRY(iou_buffer_reserve(&detector->truths, image + 1, sizeof(iou_truth), error));
    iou_letterbox *letterboxes = detector->letterboxes.data;
    iou_truth *truths = detector->truths.data;
    for (size_t i = 0; i <= image; i++) {
        letterboxes[i] = *letterbox;
        truths[i] = i == image ? *truth : (iou_truth){NULL, 0};
    }
    return iou_true_iou_maps(heads, params, letterboxes, truths, image + 1, &detector->true_ious,
                             error);
}

iou_status iou_test_detect(iou_test_detector *detector, const iou_test_level *levels, int64_t batch,
                           size_t image, const iou_test_letterbox *placed, const iou_truth *truth,
                           const iou_detect_options *options, int threads, iou_detection *out,
                           size_t capacity, size_t *count, iou_error *error) {
    iou_heads heads = {
        .batch = batch, .height = placed->input_height, .width = placed->input_width};
    const iou_letterbox letterbox = {.picture_width = placed->picture_width,
                                     .picture_height = placed->picture_height,
                                     .width = placed->width,
                                     .height = placed->height,
                                     .scale_x = placed->scale_x,
                                     .scale_y = placed->scale_y};
    iou_detect_options own;
    iou_detect_settings settings;
    IOU_TRY(iou_cpu_select(NULL, &heads.isa, error));
    IOU_TRY(iou_detect_options_take(&own, options, error));
    for (size_t i = 0; i < detector->params.level_count; i++) {
        heads.levels[i] = (iou_head_level){.height = levels[i].height,
                                           .width = levels[i].width,
                                           .cls = levels[i].cls,
                                           .box = levels[i].box,
                                           .iou = levels[i].iou,
                                           .objectness = levels[i].objectness};
    }
    iou_detector_params params = detector->params;
    if (truth) {
        IOU_TRY(use_truth(detector, &params, &heads, image, &letterbox, truth, error));
    }
    IOU_TRY(iou_detect_overrides_apply(&settings, &params, &own, error));
    IOU_FAIL_IF(capacity < (size_t)settings.max_detections, IOU_BUFFER_TOO_SMALL, error,
                "capacity");
    IOU_TRY(find_workers(detector, threads, error));
    return iou_heads_detect(&heads, image, &params, &settings, &letterbox, &detector->heads,
                            detector->workers, out, count, error);
}

static iou_status place(iou_test_detector *detector, const iou_picture *pictures, size_t count,
                        iou_network_size *network, iou_error *error) {
    IOU_TRY(iou_buffer_reserve(&detector->letterboxes, count, sizeof(iou_letterbox), error));
    iou_letterbox *letterboxes = detector->letterboxes.data;
    for (size_t i = 0; i < count; i++) {
        IOU_TRY(iou_letterbox_place(&letterboxes[i], &detector->params, &pictures[i], error));
    }
    *network = (iou_network_size){.batch = (int64_t)count};
    return iou_network_size_fit(network, &detector->params.input, letterboxes, count, error);
}

iou_status iou_test_place(iou_test_detector *detector, const iou_picture *pictures, size_t count,
                          int64_t sides[2], double *letterboxes, iou_error *error) {
    iou_network_size network;
    IOU_TRY(place(detector, pictures, count, &network, error));
    const iou_letterbox *found = detector->letterboxes.data;
    sides[0] = network.height;
    sides[1] = network.width;
    for (size_t i = 0; i < count; i++) {
        letterboxes[4 * i] = (double)found[i].height;
        letterboxes[4 * i + 1] = (double)found[i].width;
        letterboxes[4 * i + 2] = (double)found[i].scale_y;
        letterboxes[4 * i + 3] = (double)found[i].scale_x;
    }
    return IOU_OK;
}

iou_status iou_test_preprocess(iou_test_detector *detector, const iou_picture *pictures,
                               size_t count, int threads, float *out, iou_error *error) {
    iou_network_size network;
    IOU_TRY(place(detector, pictures, count, &network, error));
    IOU_TRY(find_workers(detector, threads, error));
    return iou_preprocess(out, &network, &detector->params.input, pictures,
                          detector->letterboxes.data, count, &detector->preprocess,
                          detector->workers, error);
}

static const iou_class_max *find_class_max(const char *kernel) {
    iou_isa isa = IOU_ISA_SCALAR;
#if defined(__x86_64__)
    if (strcmp(kernel, "emulated") == 0) {
        return iou_cpu_best() >= IOU_ISA_AVX2 ? &iou_class_max_emulated : NULL;
    }
#endif
    return iou_cpu_select(kernel, &isa, NULL) == IOU_OK ? iou_class_max_of(isa) : NULL;
}

bool iou_test_class_max(const char *kernel, bool rows, float *best, const float *values,
                        size_t count, size_t step, size_t span, float cut) {
    const iou_class_max *variant = find_class_max(kernel);
    if (variant && rows) {
        variant->rows(best, values, count, step, span, cut);
    } else if (variant) {
        variant->planes(best, values, span, step, count);
    }
    return variant != NULL;
}

bool iou_test_number(const char *text, float *value) {
    return iou_text_numbers(text, strlen(text), value, 1);
}

/* Both texts with their NULs, where there is room. */
static size_t put_pair(char *out, size_t capacity, size_t used, const char *key,
                       const char *value) {
    const size_t first = strlen(key) + 1, second = strlen(value) + 1;
    if (used + first + second <= capacity) {
        memcpy(out + used, key, first);
        memcpy(out + used + first, value, second);
    }
    return used + first + second;
}

iou_status iou_test_preset(const void *model, size_t size, const char *preset, char *out,
                           size_t capacity, size_t *used, iou_error *error) {
    iou_model *opened = NULL;
    iou_key_list *list = NULL;
    const iou_preset_facts facts = {.labels = NULL};
    *used = 0;
    IOU_TRY(iou_model_open_memory(&opened, model, size, NULL, error));
    const iou_status status = iou_preset_keys(&list, opened, preset, &facts, error);
    for (size_t i = 0; status == IOU_OK && iou_key_list_key(list, i); i++) {
        *used =
            put_pair(out, capacity, *used, iou_key_list_key(list, i), iou_key_list_value(list, i));
    }
    iou_key_list_close(&list);
    iou_model_close(&opened);
    return status;
}

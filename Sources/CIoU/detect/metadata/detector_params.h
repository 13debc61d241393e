/*
 * A detector's conventions as validated data. The fields say how to compute, never whose model it
 * is; docs/metadata.md defines the keys they are read from.
 */
#ifndef IOU_DETECTOR_PARAMS_H
#define IOU_DETECTOR_PARAMS_H

#include "core/contraction.h"
#include "detect/metadata/metadata_reader.h"
#include "detect/metadata/rows_rule.h"

enum {
    IOU_MAX_LEVELS = 16,
    IOU_MAX_CELL_ANCHORS = 1024,
    IOU_MAX_CLASSES = 1 << 20,
    IOU_MAX_SIDE = 1 << 24 /* of a picture or an input: sides are exact in a float */
};

/** From a picture to the network's input. */
typedef struct iou_input_rule {
    const char *name;
    bool channels_last;
    bool bgr;
    float range; /**< 255 or 1 */
    float mean[3], std[3];
    iou_input_resize resize;
    int64_t resize_sides[2]; /**< short and long, or height and width */
    double rounding;         /**< added before a side is cut to an integer */
    bool half_even;          /**< sides are rounded, halves to the even side, instead */
    bool single_factor;      /**< f is rounded to a float */
    bool antialias;          /**< a shrinking side's filter grows with the step */
    bool eight_bit;          /**< values are rounded as a library of 8-bit pictures does */
    bool step_from_factor;   /**< samples are 1 / f apart, else side / new side */
    int64_t pad_multiple;    /**< 0: exactly to resize_sides */
    bool pad_centred;        /**< the picture lies in the middle, else in the upper left corner */
    float pad_value;
    bool pad_is_pixel; /**< the value is normalised as pixels are */
} iou_input_rule;

/** The rule names the sides of the network's input. */
static inline bool iou_input_is_exact(const iou_input_rule *rule) {
    return rule->resize == IOU_INPUT_FIT || rule->resize == IOU_INPUT_STRETCH;
}

typedef enum iou_clip_rule {
    IOU_CLIP_IMAGE = 0, /**< the resized picture */
    IOU_CLIP_PADDED = 1,
    IOU_CLIP_GRID = 2, /**< cells times stride */
    IOU_CLIP_NONE = 3
} iou_clip_rule;

/** From deltas to boxes. */
typedef struct iou_box_rule {
    float pixel;      /**< added to a width: 1 where a box contains its last pixel, else 0 */
    float half_pixel; /**< a decoded box moves inwards by so much on each side */
    float means[4], stds[4];
    float clamp_low, clamp_high; /**< of dw and dh; infinite: none */
    iou_clip_rule clip;
    float clip_margin;   /**< the upper limit is the side less this */
    bool clip_last;      /**< of what is reported, in the picture, else right after decoding */
    bool scale_by_sizes; /**< back to the picture by new side / side, else by the factor */
    bool nms_in_network; /**< overlaps are measured before boxes return to the picture */
} iou_box_rule;

enum { IOU_GRAPH_OUTPUTS = 5 };

/** Of a model whose graph reports detections: boxes, scores, labels, counts and perhaps IoUs. */
typedef struct iou_graph_outputs {
    size_t count; /**< 0: the outputs are maps; IOU_GRAPH_OUTPUTS: with IoUs */
    const char *names[IOU_GRAPH_OUTPUTS];
    const char *sizes, *scales; /**< inputs beside the pictures */
} iou_graph_outputs;

/** Neighbouring class channels of an anchor. */
typedef struct iou_channel_run {
    uint32_t first, count;
} iou_channel_run;

/** What a caller may override. */
typedef struct iou_detect_settings {
    float alpha; /**< exponent of the class probability; 1: the IoU does not count */
    float score_threshold, nms_threshold;
    int32_t max_detections;
} iou_detect_settings;

typedef struct iou_detector_params {
    struct iou_arena *memory; /**< owns everything below */
    iou_graph_outputs graph;  /**< instead of maps, anchors, boxes' rules and selection */
    iou_rows_rule rows;       /**< instead of maps, anchors and the coder */
    size_t level_count;
    const char **cls_names, **box_names;
    const char **iou_names;        /**< NULL: the model predicts no IoU */
    const char **objectness_names; /**< NULL: nor any objectness */
    bool channels_last;
    bool cls_is_probability, iou_is_probability, objectness_is_probability;
    bool strides_from_maps; /**< the input's sides by the maps', instead of: */
    float strides[IOU_MAX_LEVELS];
    size_t anchor_count; /**< of a cell */
    float *anchors;      /**< [level][anchor][4] */
    iou_box_rule box;
    size_t channel_count; /**< class channels of an anchor */
    size_t class_count;
    uint32_t *class_channels; /**< channel of each class */
    int32_t *channel_classes; /**< class of each channel, or -1; NULL unless rows have labels */
    iou_channel_run *runs;    /**< the same channels in their order */
    size_t run_count;
    const char **labels;
    int64_t *label_ids;                  /**< class_count category numbers */
    float power;                         /**< exponent of the whole fusion */
    bool fuse_last;                      /**< top-k and threshold do not see the IoU */
    size_t topk;                         /**< anchors or pairs of a level; 0: all */
    bool topk_pairs;                     /**< pairs of an anchor and a class are ranked */
    bool score_inclusive, nms_inclusive; /**< compare with >= */
    bool nms_together;                   /**< boxes suppress those of other classes too */
    iou_detect_settings settings;
    iou_input_rule input;
} iou_detector_params;

/** The metadata of a model. */
iou_metadata iou_metadata_of(const iou_model *model);

/** Reads a model's keys, its own or those that ultralytics' mean. On failure `params` is empty. */
iou_status iou_detector_params_of(iou_detector_params *params, const iou_model *model,
                                  iou_error *error);

/** Reads and checks all keys. On failure `params` is empty. */
iou_status iou_detector_params_read(iou_detector_params *params, iou_metadata from,
                                    iou_error *error);
void iou_detector_params_release(iou_detector_params *params);

/** Checks the parameters against a model's inputs and outputs. */
iou_status iou_detector_params_match(const iou_detector_params *params,
                                     const iou_value_info *inputs, size_t input_count,
                                     const iou_value_info *outputs, size_t output_count,
                                     iou_error *error);

/** The keys of anchors, strides, the coder and the clip; the outputs are read before. */
void iou_box_rule_read(iou_detector_params *params, iou_metadata_reader *reader);

/** The keys of boxes that are decoded already. */
void iou_decoded_box_rule_read(iou_detector_params *params, iou_metadata_reader *reader);

/** The thresholds, and the keys under `iou.topk` and `iou.nms.`. */
void iou_selection_read(iou_detector_params *params, iou_metadata_reader *reader);

/** The keys under `iou.labels`. */
void iou_labels_read(iou_detector_params *params, iou_metadata_reader *reader);

/** The keys under `iou.classes.`; the labels are read before. */
void iou_class_rule_read(iou_detector_params *params, iou_metadata_reader *reader);

/** The keys under `iou.input.`. */
void iou_input_rule_read(iou_input_rule *rule, iou_metadata_reader *reader);

#endif

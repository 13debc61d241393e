/* One level of one picture: how to iterate over its maps, score its anchors and decode their boxes.
 */
#ifndef IOU_LEVEL_VIEW_H
#define IOU_LEVEL_VIEW_H

#include "detect/postprocess/heads.h"

typedef struct iou_level_view {
    const float *cls, *box, *iou, *objectness;
    size_t cells, width;
    size_t cls_cell, box_cell,
        one_cell;   /**< from one cell to the next; one_cell: IoU, objectness */
    size_t channel; /**< from one channel to the next */
    float stride_x, stride_y;
    float clip_left, clip_top, clip_right, clip_bottom; /**< infinite: decoding does not clip */
    /* Of rows. */
    const float *angle; /**< NULL: boxes are upright */
    size_t angle_cell, box_channel;
    float unit_x, unit_y, origin_x, origin_y; /**< of the boxes, in the network's pixels */
    float input_width, input_height;          /**< of the network */
} iou_level_view;

/** Scores under given settings: the score itself, or the pre-NMS score that it has to pass. */
typedef struct iou_fusion {
    float p_exponent, iou_exponent, objectness_exponent;
    bool uses_iou, uses_objectness;
    bool cls_is_probability, iou_is_probability, objectness_is_probability;
    float threshold;
    bool inclusive;
} iou_fusion;

iou_level_view iou_level_view_make(const iou_heads *heads, size_t image, size_t level,
                                   const iou_detector_params *params,
                                   const iou_letterbox *letterbox);

/** The view of a model whose outputs list boxes. */
iou_level_view iou_row_view_make(const iou_heads *heads, size_t image,
                                 const iou_detector_params *params, const iou_letterbox *letterbox);

/** Sets the rectangle of boxes in the network's input; `map` is looked at for the grid only. */
void iou_level_view_clip(iou_level_view *view, const iou_heads *heads, const iou_head_level *map,
                         const iou_box_rule *rule, const iou_letterbox *letterbox);

iou_fusion iou_fusion_make(const iou_detector_params *params, const iou_detect_settings *settings);

/** What top-k and threshold look at: the score, or what it is without the IoU. */
iou_fusion iou_fusion_make_pre_nms(const iou_detector_params *params,
                                   const iou_detect_settings *settings);

/** A class value below it cannot give a score of `least`, whatever the rest is. */
float iou_fusion_cut(const iou_fusion *fusion, float least);

float iou_fusion_probability(const iou_fusion *fusion, float value);

/** q as it is reported, or NaN where the model predicts none. */
float iou_fusion_quality(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                         size_t a);

/** The factor that all classes of an anchor share, 0 … 1 or NaN. */
float iou_fusion_weight(const iou_fusion *fusion, const iou_level_view *view, size_t cell,
                        size_t a);
float iou_fusion_score(const iou_fusion *fusion, float probability, float weight);
bool iou_fusion_passes(const iou_fusion *fusion, float score);

/** Decodes and clips; false where the box is not finite. The box is in the network's pixels. */
bool iou_decode_box(float box[4], const iou_level_view *view, const iou_detector_params *params,
                    size_t level, size_t anchor);

/** The box of a row, clipped; false where it is not finite. It is in the network's pixels. */
bool iou_row_box(float box[4], const iou_level_view *view, const iou_rows_rule *rule, size_t row);

/** Clips a box to the view's rectangle; false where it is not finite. */
bool iou_clip_in_network(float box[4], const iou_level_view *view);

/** From the network's pixels to the picture's. */
void iou_return_box(float box[4], const iou_letterbox *letterbox);

/** Clips a box to the picture; false where nothing is left of it. */
bool iou_clip_to_picture(float box[4], const iou_letterbox *letterbox, const iou_box_rule *rule);

#endif

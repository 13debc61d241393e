/*
 * The presets, as data. Each is what the family's own code does around the network, in the keys of
 * docs/metadata.md; its outputs' names, the sides and the labels come from the file.
 */
#include "detect/metadata/preset.h"

#include <string.h>

/* ---- Pictures -------------------------------------------------------------------------------- */

/* Fits into the input, in the middle of grey; OpenCV's arithmetic. */
static const iou_preset_key letterbox[] = {
    {"iou.input.color", "rgb"},
    {"iou.input.range", "1"},
    {"iou.input.mean", "0 0 0"},
    {"iou.input.std", "1 1 1"},
    {"iou.input.order", "resize-normalise"},
    {"iou.input.resize.rounding", "half-even"},
    {"iou.input.resize.interpolation", "bilinear"},
    {"iou.input.resize.antialias", "no"},
    {"iou.input.resize.precision", "8-bit"},
    {"iou.input.resize.step", "sizes"},
    {"iou.input.pad.side", "centre"},
    {"iou.input.pad.value", "0.44705883"}, /* 114 / 255 */
    {"iou.input.pad.when", "before-normalise"},
    {"iou.boxes.scale", "sizes"},
    {NULL, NULL},
};

/* Each side becomes the input's; Pillow's arithmetic. */
static const iou_preset_key smooth[] = {
    {"iou.input.resize.rounding", "floor"},    {"iou.input.resize.antialias", "yes"},
    {"iou.input.pad.side", "bottom-right"},    {"iou.input.pad.value", "0"},
    {"iou.input.pad.when", "after-normalise"}, {NULL, NULL},
};

/* In the upper left corner, and neither normalised nor turned from OpenCV's order. */
static const iou_preset_key corner[] = {
    {"iou.input.color", "bgr"},
    {"iou.input.range", "255"},
    {"iou.input.resize.rounding", "floor"},
    {"iou.input.pad.side", "bottom-right"},
    {"iou.input.pad.value", "114"},
    {"iou.boxes.scale", "factor"},
    {NULL, NULL},
};

static const iou_preset_key stretched[] = {{"iou.input.pad.side", "bottom-right"}, {NULL, NULL}};

static const iou_preset_key imagenet[] = {
    {"iou.input.mean", "0.485 0.456 0.406"}, {"iou.input.std", "0.229 0.224 0.225"}, {NULL, NULL}};

/* The graph resizes and normalises. */
static const iou_preset_key untouched[] = {
    {"iou.input.resize.precision", "float"},
    {"iou.input.pad.side", "bottom-right"},
    {"iou.input.pad.value", "0"},
    {"iou.input.pad.when", "after-normalise"},
    {NULL, NULL},
};

/* OpenMMLab's: a batch's pictures are resized within limits and padded to multiples of 32. */
static const iou_preset_key openmmlab[] = {
    {"iou.input.range", "255"},
    {"iou.input.mean", "123.675 116.28 103.53"},
    {"iou.input.std", "58.395 57.12 57.375"},
    {"iou.input.resize.rounding", "half-up"},
    {"iou.input.pad.side", "bottom-right"},
    {"iou.input.pad.value", "0"},
    {"iou.input.pad.when", "after-normalise"},
    {NULL, NULL},
};

/* ---- Boxes and scores ------------------------------------------------------------------------ */

static const iou_preset_key rows[] = {
    {"iou.version", "1"},
    {"iou.outputs.kind", "rows"},
    {"iou.boxes.convention", "edges"},
    {"iou.boxes.form", "corners"},
    {"iou.boxes.unit", "pixels"},
    {"iou.clip", "image"},
    {"iou.clip.limit", "size"},
    {"iou.clip.when", "after-nms"},
    {"iou.score.threshold", "0.25"},
    {"iou.score.compare", ">"},
    {"iou.nms.threshold", "none"},
    {"iou.detections.max", "300"},
    {NULL, NULL},
};

/* Candidates of probabilities, each of its best class; classes are suppressed by themselves. */
static const iou_preset_key candidates[] = {
    {"iou.boxes.form", "centre"},
    {"iou.outputs.cls.kind", "probability"},
    {"iou.classes.kept", "best"},
    {"iou.topk", "30000"},
    {"iou.topk.unit", "anchors"},
    {"iou.topk.when", "after-threshold"},
    {"iou.nms.threshold", "0.7"},
    {"iou.nms.compare", ">"},
    {"iou.nms.classes", "separate"},
    {"iou.nms.space", "network"},
    {NULL, NULL},
};

static const iou_preset_key with_objectness[] = {
    {"iou.outputs.objectness.kind", "probability"}, {"iou.nms.threshold", "0.45"}, {NULL, NULL}};

static const iou_preset_key cells[] = {
    {"iou.boxes.form", "grid"},
    {"iou.boxes.cell", "corner"},
    {"iou.strides", "8 16 32"},
    {NULL, NULL},
};

/* Each pair above the threshold counts; sides of a box are expected values of distances. */
static const iou_preset_key distances[] = {
    {"iou.boxes.form", "distances"},
    {"iou.boxes.cell", "centre"},
    {"iou.strides", "8 16 32 64"},
    {"iou.classes.kept", "all"},
    {"iou.topk", "1000"},
    {"iou.topk.unit", "pairs"},
    {"iou.score.threshold", "0.4"},
    {"iou.nms.threshold", "0.5"},
    {"iou.detections.max", "100"},
    {NULL, NULL},
};

static const iou_preset_key centres[] = {
    {"iou.boxes.form", "centre"}, {"iou.boxes.unit", "image"}, {NULL, NULL}};

/* Queries do not overlap: nothing is suppressed. */
static const iou_preset_key queries[] = {
    {"iou.boxes.form", "centre"},
    {"iou.boxes.unit", "image"},
    {"iou.topk.when", "before-threshold"},
    {"iou.score.threshold", "0.5"},
    {NULL, NULL},
};

/* The best pairs of a query and a class, by sigmoid. */
static const iou_preset_key sigmoid[] = {
    {"iou.outputs.cls.kind", "logit"},
    {"iou.classes.kept", "all"},
    {"iou.topk", "300"},
    {"iou.topk.unit", "pairs"},
    {NULL, NULL},
};

/* The best class of every query, which competes with there being no object. */
static const iou_preset_key softmax[] = {
    {"iou.outputs.cls.kind", "softmax"},
    {"iou.classes.kept", "best"},
    {"iou.topk", "0"},
    {"iou.topk.unit", "anchors"},
    {NULL, NULL},
};

static const iou_preset_key probabilities[] = {
    {"iou.outputs.cls.kind", "probability"},
    {"iou.classes.kept", "best"},
    {"iou.topk", "0"},
    {"iou.topk.unit", "anchors"},
    {"iou.topk.when", "before-threshold"},
    {NULL, NULL},
};

static const iou_preset_key every_score[] = {{"iou.score.threshold", "0.05"}, {NULL, NULL}};

/* ---- Families -------------------------------------------------------------------------------- */

static const iou_preset presets[] = {
    {"yolov5",
     "YOLO v5, v7: [N, R, 5 + K], with objectness",
     IOU_PRESET_TABLE,
     "box objectness classes",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox, candidates, with_objectness}},
    {"yolov8",
     "YOLO v8, v9, 11, 12, v5u: [N, 4 + K, R]",
     IOU_PRESET_TABLE,
     "box classes",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox, candidates}},
    {"yolox",
     "YOLOX: [N, R, 5 + K], with objectness, not decoded",
     IOU_PRESET_TABLE,
     "box objectness classes",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox, corner, candidates, with_objectness, cells}},
    {"yolo-end2end",
     "YOLO v10, 26 end to end: [N, R, 6]",
     IOU_PRESET_TABLE,
     "box score label",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox}},
    {"yolo-nms",
     "YOLO with suppression in the graph: [N, R, 6]",
     IOU_PRESET_TABLE,
     "box score label",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox}},
    {"yolov7-nms",
     "YOLO v7 end to end: [R, 7]",
     IOU_PRESET_TABLE,
     "picture box label score",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "fit",
     {rows, letterbox}},
    {"torchvision",
     "torchvision: boxes, scores, labels",
     IOU_PRESET_LISTS,
     NULL,
     IOU_CHANNELS_AFTER_BACKGROUND,
     "fit",
     "none",
     {rows, letterbox, untouched, every_score}},
    {"mmdeploy",
     "OpenMMLab by mmdeploy: dets [N, R, 5], labels",
     IOU_PRESET_TABLE,
     "box score",
     IOU_CHANNELS_OF_CLASSES,
     "fit",
     "short-long 800 1333",
     {rows, letterbox, openmmlab, every_score}},
    {"picodet",
     "PicoDet: classes and distances of each level",
     IOU_PRESET_LEVELS,
     NULL,
     IOU_CHANNELS_OF_CLASSES,
     "stretch",
     "stretch",
     {rows, letterbox, imagenet, stretched, candidates, distances}},
    {"detr",
     "DETR, YOLOS: logits (the last: none), pred_boxes",
     IOU_PRESET_PAIR,
     NULL,
     IOU_CHANNELS_BEFORE_BACKGROUND,
     "stretch",
     "short-long 800 1333",
     {rows, letterbox, imagenet, smooth, queries, softmax}},
    {"rt-detr",
     "RT-DETR, D-FINE of transformers: logits, pred_boxes",
     IOU_PRESET_PAIR,
     NULL,
     IOU_CHANNELS_OF_CLASSES,
     "stretch",
     "stretch",
     {rows, letterbox, smooth, queries, sigmoid}},
    {"deformable-detr",
     "Deformable DETR: logits, pred_boxes",
     IOU_PRESET_PAIR,
     NULL,
     IOU_CHANNELS_BEFORE_BACKGROUND,
     "stretch",
     "short-long 800 1333",
     {rows, letterbox, imagenet, smooth, queries, sigmoid}},
    {"rf-detr",
     "RF-DETR: dets (boxes), labels (logits)",
     IOU_PRESET_PAIR,
     NULL,
     IOU_CHANNELS_BEFORE_BACKGROUND,
     "stretch",
     "stretch",
     {rows, letterbox, imagenet, smooth, queries, sigmoid}},
    {"rtdetr-end2end",
     "RT-DETR by ultralytics: [N, R, 6]",
     IOU_PRESET_TABLE,
     "box score label",
     IOU_CHANNELS_OF_CLASSES,
     "stretch",
     "stretch",
     {rows, letterbox, stretched, centres}},
    {"rtdetr-ultralytics",
     "RT-DETR by ultralytics, before: [N, R, 4 + K]",
     IOU_PRESET_TABLE,
     "box classes",
     IOU_CHANNELS_OF_CLASSES,
     "stretch",
     "stretch",
     {rows, letterbox, stretched, centres, probabilities}},
};

const iou_preset *iou_preset_at(size_t index) {
    return index < sizeof presets / sizeof presets[0] ? &presets[index] : NULL;
}

const char *iou_preset_name(const iou_preset *preset) {
    return preset->name;
}

const char *iou_preset_about(const iou_preset *preset) {
    return preset->about;
}

const iou_preset *iou_preset_find(const char *name) {
    const iou_preset *preset;
    for (size_t i = 0; (preset = iou_preset_at(i)) != NULL; i++) {
        if (strcmp(preset->name, name) == 0) {
            return preset;
        }
    }
    return NULL;
}

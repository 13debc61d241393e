"""torchvision's detectors with everything that they do: normalisation, resizing, decoding, NMS, masks, key points."""

import functools
import pathlib
from collections.abc import Callable

from detectors import calibration, export, frozen_norms, torchvision_operators
from detectors.calibration import SCORES, Spread
from detectors.recipe import Recipe

SHAPE = (3, 375, 500)  # resized by the network to SHORT x 640
SHORT, LONG = 480, 640
CLASSES = 91  # of COCO, the first is the background


def _make(path: pathlib.Path, network: str, heads: Callable, outputs: tuple[str, ...], **options) -> None:
    torchvision_operators.provide()
    import torch
    from torchvision.models import detection
    calibration.seed()
    model = getattr(detection, network)(weights=None, weights_backbone=None, **options)
    shown = list(torch.from_numpy(calibration.pictures(2, *SHAPE[1:])))
    run = functools.partial(model, shown)
    calibration.batch_norms(model, run)
    heads(model, run)
    frozen_norms.freeze(model)
    export.trace(model, ([torch.from_numpy(calibration.pictures(1, *SHAPE[1:], number=2)[0])],), path, ["image"],
                 list(outputs))


# ---- What is made to come out of the heads ---------------------------------------------------------------------------


def _one_stage(model, run) -> None:
    calibration.spread(run, {model.head.classification_head.cls_logits: SCORES,
                             model.head.regression_head.bbox_reg: Spread(0.3)})


def _fcos(model, run) -> None:
    calibration.spread(run, {model.head.classification_head.cls_logits: SCORES,
                             model.head.regression_head.bbox_reg: Spread(0.5, 2.0),
                             model.head.regression_head.bbox_ctrness: Spread(1.0, 1.0)})


def _ssd(model, run) -> None:
    classes, boxes = ([_last_layer(level) for level in head.module_list]
                      for head in (model.head.classification_head, model.head.regression_head))
    calibration.spread(run, dict.fromkeys(boxes, Spread(0.3)) | dict.fromkeys(classes, Spread(1.5)))
    for layer in classes:
        _prefer_background(layer, 7.0)


def _two_stage(model, run) -> None:
    calibration.spread(run, {model.rpn.head.cls_logits: Spread(1.5, share=0.01),
                             model.rpn.head.bbox_pred: Spread(0.3)})
    calibration.spread(run, {model.roi_heads.box_predictor.bbox_pred: Spread(0.5),
                             model.roi_heads.box_predictor.cls_score: Spread(1.5)})
    _prefer_background(model.roi_heads.box_predictor.cls_score, 4.0)


def _mask(model, run) -> None:
    _two_stage(model, run)
    calibration.spread(run, {model.roi_heads.mask_predictor.mask_fcn_logits: Spread(2.0)})


def _keypoint(model, run) -> None:
    _two_stage(model, run)
    calibration.spread(run, {model.roi_heads.keypoint_predictor.kps_score_lowres: Spread(2.0)})


def _last_layer(module):
    return module if hasattr(module, "weight") else module[-1]


def _prefer_background(layer, shift: float) -> None:
    """Most places of a picture are nothing."""
    import torch
    with torch.no_grad():
        layer.bias[::CLASSES] += shift


def _recipe(name: str, network: str, heads: Callable, outputs: tuple[str, ...],
            tolerance: float = Recipe.tolerance, **options) -> Recipe:
    make = functools.partial(_make, network=network, heads=heads, outputs=outputs, **options)
    return Recipe(name, make, SHAPE, "lists", tolerance)


SIDES = dict(min_size=SHORT, max_size=LONG)
SCORES_FIRST, LABELS_FIRST = ("boxes", "scores", "labels"), ("boxes", "labels", "scores")
RECIPES = (
    _recipe("retinanet-r50", "retinanet_resnet50_fpn", _one_stage, SCORES_FIRST, **SIDES),
    _recipe("retinanet-r50-v2", "retinanet_resnet50_fpn_v2", _one_stage, SCORES_FIRST, **SIDES),
    _recipe("fcos-r50", "fcos_resnet50_fpn", _fcos, SCORES_FIRST, **SIDES),
    _recipe("ssd300-vgg16", "ssd300_vgg16", _ssd, SCORES_FIRST),
    _recipe("ssdlite320-mobilenet-v3", "ssdlite320_mobilenet_v3_large", _ssd, SCORES_FIRST),
    _recipe("faster-rcnn-r50", "fasterrcnn_resnet50_fpn", _two_stage, LABELS_FIRST, **SIDES),
    _recipe("faster-rcnn-mobilenet-v3-320", "fasterrcnn_mobilenet_v3_large_320_fpn", _two_stage, LABELS_FIRST),
    _recipe("mask-rcnn-r50", "maskrcnn_resnet50_fpn", _mask, (*LABELS_FIRST, "masks"),
            tolerance=3e-4, **SIDES),  # masks are sampled at their boxes' sides, and move with these
    _recipe("keypoint-rcnn-r50", "keypointrcnn_resnet50_fpn", _keypoint,
            (*LABELS_FIRST, "keypoints", "keypoint_scores"), **SIDES),
)

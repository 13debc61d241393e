"""What a detector's metadata says."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ._native import ffi, lib
from .errors import check, text_of
from .model import Model, ModelSource


class DetectorInfo(NamedTuple):
    """The conventions of a detector, read and checked; docs/metadata.md defines them."""

    labels: tuple[str, ...]
    """The names of the classes; a class is an index into them."""
    category_ids: tuple[int, ...]
    """Each class's category number in COCO's format."""
    predicts_iou: bool
    """Or what takes its place, such as centerness."""
    reports_detections: bool
    """The graph decodes and suppresses: nothing can be scored again."""
    inclusive_boxes: bool
    """x2, y2 is a box's last pixel: its width is x2 - x1 + 1."""
    alpha: float
    """Exponent of the class probability in the score; 1 without a predicted IoU."""
    score_threshold: float | None
    """None: a constant of the graph."""
    nms_threshold: float | None
    """None: a constant of the graph, or nothing is left to suppress."""
    max_detections: int
    """Of a picture."""
    not_reported: str | None
    """What the outputs hold beside boxes, such as masks."""


def detector_info(model: ModelSource | Model) -> DetectorInfo:
    """What the metadata of a model says, which need not be one that can run."""
    info = ffi.new("iou_detector_info *")
    info.struct_size = ffi.sizeof("iou_detector_info")
    opened = Model.of(model)
    check(lib.iou_model_detector_info, opened._handle, info)
    classes = range(info.class_count)
    return DetectorInfo(
        tuple(text_of(info.labels[i]) or "" for i in classes), tuple(info.label_ids[i] for i in classes),
        info.predicts_iou, info.reports_detections, info.inclusive_boxes, info.alpha,
        _known(info.score_threshold), _known(info.nms_threshold), info.max_detections, text_of(info.not_reported))


def _known(number: Any) -> float | None:
    return None if math.isnan(number) else float(number)

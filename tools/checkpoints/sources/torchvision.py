"""torchvision's two RetinaNets."""

import functools
import pathlib

import numpy as np
import torch

from checkpoints.source import Detections, Source
from detectors import frozen_norms, torchvision_operators

UNSEEN = (0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83)  # the background, and numbers that COCO does not use
CATEGORIES = [number for number in range(91) if number not in UNSEEN]


class _Network:
    unseen = UNSEEN

    def __init__(self, function: str, epsilon: float | None):
        torchvision_operators.provide()
        from torchvision.models import detection
        self.module = getattr(detection, function)(weights=None, weights_backbone=None).eval()
        if epsilon is not None:
            frozen_norms.freeze(self.module)
            detection._utils.overwrite_eps(self.module, epsilon)
        self.class_output = self.module.head.classification_head.cls_logits
        self.box_output = self.module.head.regression_head.bbox_reg

    def save(self, path: pathlib.Path) -> None:
        torch.save(self.module.state_dict(), path)

    def detect(self, picture: np.ndarray) -> Detections:
        from torchvision.transforms import functional
        with torch.no_grad():
            found = self.module([functional.to_tensor(picture.copy())])[0]
        boxes, scores, labels = (found[key].numpy() for key in ("boxes", "scores", "labels"))
        return Detections(boxes, scores, np.searchsorted(CATEGORIES, labels))


SOURCES = (
    Source("torchvision-v1", "torchvision 0.28.0, v1, as its COCO_V1 weights are", "resnet50", "retinanet.pth",
           functools.partial(_Network, "retinanet_resnet50_fpn", 0.0), ("--bn-eps", "0")),
    Source("torchvision-v2", "torchvision 0.28.0, v2", "resnet50", "retinanet-v2.pth",
           functools.partial(_Network, "retinanet_resnet50_fpn_v2", None)),
)

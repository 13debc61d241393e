"""From raw outputs to detections, in the order of the authors' code.

Fuse class and IoU scores, keep the best 1000 anchors of a level, decode, clip, return to original
pixels, drop scores up to the threshold, suppress class by class, keep the best 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .anchors import level_anchors
from .boxes import decode, iou
from .head import RawOutputs


@dataclass(frozen=True)
class DetectOptions:
    alpha: float = 0.5
    score_threshold: float = 0.05
    nms_threshold: float = 0.5
    anchors_per_level: int = 1000
    detections: int = 100


class Detections(NamedTuple):
    """Boxes [K, 4] in original pixels, scores [K], class indices [K]; best first."""

    boxes: Tensor
    scores: Tensor
    labels: Tensor


def fuse(p: Tensor, q: Tensor | None, alpha: float) -> Tensor:
    """S = p^α · q^(1−α) (paper, the detection confidence), from [..., C] and [..., 1]."""
    if alpha == 1:
        return p
    if q is None:
        raise ValueError(f"alpha {alpha}: the model predicts no IoU, so only 1 is possible")
    return p ** alpha * q ** (1 - alpha)


def best_overlap(boxes: Tensor, truth: Tensor) -> Tensor:
    """For each box its IoU with the best ground truth, whatever the class: [M, 1]."""
    if truth.shape[0] == 0:
        return boxes.new_zeros((boxes.shape[0], 1))
    return iou(boxes[:, None], truth).max(dim=1).values[:, None]


def nms(boxes: Tensor, scores: Tensor, threshold: float, limit: int) -> Tensor:
    """Indices of the kept boxes, best first, at most `limit`; suppresses on IoU > threshold."""
    order = scores.argsort(descending=True, stable=True)
    kept = []
    while order.numel() and len(kept) < limit:
        kept.append(order[0])
        rest = order[1:]
        order = rest[iou(boxes[order[0]], boxes[rest]) <= threshold]
    return torch.stack(kept) if kept else order


def detect(raw: RawOutputs, size: tuple[int, int], scale: float,
           options: DetectOptions, oracle: Tensor | None = None) -> Detections:
    """Detections of a batch of one picture whose unpadded network size is (height, width).

    With `oracle`, the ground-truth boxes in original pixels, the true IoU of every decoded box takes
    the place of the predicted one (the upper bound of the paper's Table 6).
    """
    anchors = level_anchors([m.shape[-2:] for m in raw.boxes])
    boxes_all, scores_all = [], []
    for level, prior in enumerate(anchors):
        def rows(m: Tensor) -> Tensor:
            return m[0].permute(1, 2, 0).reshape(prior.shape[0], -1)
        boxes = decode(prior, rows(raw.boxes[level]))
        boxes[:, 0::2] = boxes[:, 0::2].clamp(0, size[1])
        boxes[:, 1::2] = boxes[:, 1::2].clamp(0, size[0])
        boxes /= scale
        predicted = rows(raw.ious[level]).sigmoid() if raw.ious else None
        scores = fuse(rows(raw.classes[level]).sigmoid(),
                      predicted if oracle is None else best_overlap(boxes, oracle), options.alpha)
        if prior.shape[0] > options.anchors_per_level:
            best = scores.max(dim=1).values.topk(options.anchors_per_level).indices
            scores, boxes = scores[best], boxes[best]
        boxes_all.append(boxes)
        scores_all.append(scores)
    boxes, scores = torch.cat(boxes_all), torch.cat(scores_all)

    parts = []
    for label in range(scores.shape[1]):
        chosen = (scores[:, label] > options.score_threshold).nonzero(as_tuple=True)[0]
        kept = chosen[nms(boxes[chosen], scores[chosen, label], options.nms_threshold,
                          options.detections)]
        parts.append((boxes[kept], scores[kept, label], torch.full_like(kept, label)))
    boxes, scores, labels = (torch.cat(column) for column in zip(*parts))
    order = scores.argsort(descending=True, stable=True)[:options.detections]
    return Detections(boxes[order], scores[order], labels[order])

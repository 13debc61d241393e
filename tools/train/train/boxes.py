"""Box arithmetic in edge coordinates: coding on anchors, IoU (docs/detector.md, "Deltas")."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# |ln(16/1000)|: beyond it a delta is noise, and its exponential overflows.
MAX_LOG_RATIO = abs(math.log(16 / 1000))


def encode(anchors: Tensor, boxes: Tensor) -> Tensor:
    """(dx, dy, dw, dh) of boxes relative to anchors, both [..., 4]."""
    size = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., 2:] + anchors[..., :2]) / 2
    box_size = boxes[..., 2:] - boxes[..., :2]
    box_centre = (boxes[..., 2:] + boxes[..., :2]) / 2
    return torch.cat(((box_centre - centre) / size, (box_size / size).log()), dim=-1)


def decode(anchors: Tensor, deltas: Tensor) -> Tensor:
    """The inverse of `encode`, with dw and dh clamped on both sides, not clipped to an image."""
    size = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., 2:] + anchors[..., :2]) / 2 + deltas[..., :2] * size
    half = deltas[..., 2:].clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp() * size / 2
    return torch.cat((centre - half, centre + half), dim=-1)


def area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU of boxes that broadcast against each other: `iou(a[:, None], b)` is the matrix."""
    corner = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    overlap = corner.clamp(min=0).prod(dim=-1)
    return overlap / (area(a) + area(b) - overlap).clamp(min=1e-6)

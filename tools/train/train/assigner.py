"""Which anchor learns which ground truth (RetinaNet paper, 4; MMDetection's MaxIoUAssigner)."""

from __future__ import annotations

import torch
from torch import Tensor

from .boxes import iou

POSITIVE = 0.5
NEGATIVE = 0.4
IGNORED = -2
BACKGROUND = -1


def assign(anchors: Tensor, boxes: Tensor) -> Tensor:
    """For every anchor the index of its ground truth, BACKGROUND or IGNORED.

    Positive from IoU 0.5, negative below 0.4. Each ground truth also claims all the anchors that
    share its best IoU, even from another one; where two claim the same anchor the later wins.
    """
    count = anchors.shape[0]
    if boxes.shape[0] == 0:
        return torch.full((count,), BACKGROUND, device=anchors.device)
    overlaps = iou(boxes[:, None], anchors)
    best, owner = overlaps.max(dim=0)
    result = torch.full((count,), IGNORED, device=anchors.device)
    result[best < NEGATIVE] = BACKGROUND
    positive = best >= POSITIVE
    result[positive] = owner[positive]
    best_of_box = overlaps.max(dim=1).values[:, None]
    # A box that touches no anchor would claim them all: its best IoU is zero everywhere.
    claims = (overlaps == best_of_box) & (best_of_box > 0)
    numbers = torch.arange(boxes.shape[0], device=boxes.device)[:, None]
    claimant = torch.where(claims, numbers, -1).max(dim=0).values
    return torch.where(claimant >= 0, claimant, result)

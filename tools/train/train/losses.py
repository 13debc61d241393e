"""The losses (paper, equations 1-4), each summed; the caller divides by the number of positives."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .assigner import IGNORED, assign
from .boxes import decode, encode, iou


class Losses(NamedTuple):
    """The three terms after division; their plain sum is the loss."""

    classes: Tensor
    boxes: Tensor
    iou: Tensor

    def total(self) -> Tensor:
        return self.classes + self.boxes + self.iou


def focal(logits: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Sigmoid focal loss (Lin et al., arXiv 1708.02002, equation 5), element by element."""
    p = logits.sigmoid()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    miss = p + targets - 2 * p * targets
    weight = (1 - alpha) + (2 * alpha - 1) * targets
    return weight * miss ** gamma * cross_entropy


def smooth_l1(difference: Tensor, beta: float = 0.11) -> Tensor:
    """0.5 d²/β below β, d − β/2 above."""
    d = difference.abs()
    return torch.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)


def detector_losses(classes: Tensor, deltas: Tensor, ious: Tensor, anchors: Tensor,
                    boxes: list[Tensor], labels: list[Tensor], detach_target: bool) -> Losses:
    """Losses of a batch of flattened outputs [N, M, C], [N, M, 4], [N, M].

    N_pos is the sum over the images of max(positives, 1). The IoU target is that of the decoded
    box with its ground truth; with `detach_target` off its gradient also trains the box, as in the
    authors' code.
    """
    with torch.no_grad():
        owners = [assign(anchors, b) for b in boxes]
        normaliser = sum(max(int((owner >= 0).sum()), 1) for owner in owners)
        class_targets = torch.zeros_like(classes)
        for image, owner in enumerate(owners):
            where = (owner >= 0).nonzero(as_tuple=True)[0]
            class_targets[image, where, labels[image][owner[where]]] = 1.0
        owner_all = torch.stack(owners)
        used = (owner_all != IGNORED).unsqueeze(-1)
        image_index, anchor_index = (owner_all >= 0).nonzero(as_tuple=True)
        truth = torch.cat([boxes[i][o[o >= 0]] for i, o in enumerate(owners)])
        positive_anchors = anchors[anchor_index]
        delta_targets = encode(positive_anchors, truth)

    class_loss = (focal(classes, class_targets) * used).sum()
    predicted = deltas[image_index, anchor_index]
    box_loss = smooth_l1(predicted - delta_targets).sum()
    iou_target = iou(decode(positive_anchors, predicted), truth)
    if detach_target:
        iou_target = iou_target.detach()
    iou_loss = F.binary_cross_entropy_with_logits(
        ious[image_index, anchor_index], iou_target, reduction="sum")
    return Losses(class_loss / normaliser, box_loss / normaliser, iou_loss / normaliser)

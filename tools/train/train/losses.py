"""The losses (paper, equations 1-4 and Table 2), each divided by the number of positives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .assigner import IGNORED, assign
from .boxes import decode, encode, iou
from .config_file import option


class Losses(NamedTuple):
    """The three terms after division; their plain sum is the loss."""

    classes: Tensor
    boxes: Tensor
    iou: Tensor

    def total(self) -> Tensor:
        return self.classes + self.boxes + self.iou


@dataclass(frozen=True)
class LossOptions:
    """`[loss]`: which losses; the defaults are the paper's Tables 2 and 3."""

    box: str = option("smooth_l1", "loss of the boxes", choices=("smooth_l1", "l1"))
    beta: float = option(0.11, "where smooth L1 turns from a square into a line", above=0.0)
    iou: str = option("bce", "loss of the predicted IoU; none: a plain RetinaNet",
                      choices=("bce", "l1", "l2", "none"))
    detach_iou_target: bool = option(
        True, "false: the IoU loss trains the boxes too, through its target, as in the authors' "
        "code and one row of the paper's Table 4")
    normaliser: str = option(
        "global", "positives to divide by where there are several processes: those of all, or "
        "each process's own as in the authors' code", choices=("global", "per_process"))


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


# Of logits and targets in 0 … 1, element by element (paper, Table 2).
IOU_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bce": lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"),
    "l1": lambda x, t: (x.sigmoid() - t).abs(),
    "l2": lambda x, t: (x.sigmoid() - t).square(),
}


def box_loss(difference: Tensor, options: LossOptions) -> Tensor:
    if options.box == "l1":
        return difference.abs()
    if options.box == "smooth_l1":
        return smooth_l1(difference, options.beta)
    raise ValueError(f"box loss: expected smooth_l1 or l1, found {options.box!r}")


def iou_loss(logits: Tensor, predicted: Tensor, truth: Tensor, options: LossOptions) -> Tensor:
    """Of positives: logits [P], decoded boxes and their ground truth [P, 4]."""
    if options.iou not in IOU_LOSSES:
        raise ValueError(f"IoU loss: expected {', '.join(IOU_LOSSES)} or none, found {options.iou!r}")
    target = iou(predicted, truth)
    if options.detach_iou_target:
        target = target.detach()
    return IOU_LOSSES[options.iou](logits, target)


def detector_losses(classes: Tensor, deltas: Tensor, ious: Tensor | None, anchors: Tensor,
                    boxes: list[Tensor], labels: list[Tensor],
                    options: LossOptions = LossOptions(),
                    normalise: Callable[[int], float] = float) -> Losses:
    """Losses of a batch of flattened outputs [N, M, C], [N, M, 4], [N, M].

    N_pos is the sum over the images of max(positives, 1). The IoU target is that of the decoded
    box with its ground truth. Without IoU logits, or with `iou="none"`, the IoU loss is 0.
    `normalise` turns N_pos into what the sums are divided by.
    """
    with torch.no_grad():
        owners = [assign(anchors, b) for b in boxes]
        normaliser = normalise(sum(max(int((owner >= 0).sum()), 1) for owner in owners))
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
    boxes_loss = box_loss(predicted - delta_targets, options).sum()
    confidence_loss = class_loss.new_zeros(())
    if ious is not None and options.iou != "none":
        confidence_loss = iou_loss(ious[image_index, anchor_index],
                                   decode(positive_anchors, predicted), truth, options).sum()
    return Losses(class_loss / normaliser, boxes_loss / normaliser, confidence_loss / normaliser)

"""Losses against their closed forms, and the switch on the IoU target's gradient."""

from __future__ import annotations

import math

import pytest
import torch

from train.anchors import base_anchors
from train.losses import LossOptions, detector_losses, focal, smooth_l1


def test_focal_closed_form() -> None:
    logit = torch.tensor([0.0, 0.0, 2.0])
    target = torch.tensor([1.0, 0.0, 1.0])
    p = 1 / (1 + math.exp(-2))
    expected = [0.25 * 0.25 * math.log(2), 0.75 * 0.25 * math.log(2),
                0.25 * (1 - p) ** 2 * -math.log(p)]
    assert focal(logit, target).tolist() == pytest.approx(expected, rel=1e-5)


def test_smooth_l1_closed_form() -> None:
    d = torch.tensor([0.0, 0.05, -0.11, 1.0])
    expected = [0.0, 0.5 * 0.0025 / 0.11, 0.055, 1 - 0.055]
    assert smooth_l1(d).tolist() == pytest.approx(expected, rel=1e-5)


def losses_of_one_positive(detach: bool) -> tuple[torch.Tensor, ...]:
    """One ground truth that is the first anchor itself; all outputs zero but its dx."""
    anchors = base_anchors(8)
    anchors = torch.cat((anchors[:1], anchors[1:] + 1000))
    deltas = torch.zeros((1, 9, 4))
    deltas[0, 0, 0] = 0.2
    deltas.requires_grad_()
    ious = torch.zeros((1, 9))
    ious[0, 0] = 1.0
    ious.requires_grad_()
    losses = detector_losses(torch.zeros((1, 9, 2)), deltas, ious, anchors, [anchors[:1]],
                             [torch.tensor([1])], LossOptions(detach_iou_target=detach))
    losses.iou.backward()
    return (*losses, deltas.grad, ious.grad)


def test_total_of_one_positive() -> None:
    classes, boxes, iou, _, gradient = losses_of_one_positive(detach=True)
    # 18 class cells at p = 1/2: one target, 17 background.
    assert classes.item() == pytest.approx((0.25 + 17 * 0.75) * 0.25 * math.log(2), rel=1e-5)
    assert boxes.item() == pytest.approx(0.2 - 0.055, rel=1e-5)
    target = 0.8 / 1.2
    q = 1 / (1 + math.exp(-1))
    expected = -(target * math.log(q) + (1 - target) * math.log(1 - q))
    assert iou.item() == pytest.approx(expected, rel=1e-5)
    assert gradient[0, 0].item() == pytest.approx(q - target, rel=1e-4)


def test_detaching_the_iou_target() -> None:
    detached = losses_of_one_positive(detach=True)[3]
    attached = losses_of_one_positive(detach=False)[3]
    assert detached is None
    # d loss / d target = -logit = -1 and d target / d dx = -(2 / 1.2²).
    assert attached[0, 0, 0].item() == pytest.approx(2 / 1.44, rel=1e-4)

"""Losses against their closed forms, and the switch on the IoU target's gradient."""

from __future__ import annotations

import math

import pytest
import torch

from train.anchors import base_anchors
from train.boxes import encode, iou
from train.losses import LossOptions, box_loss, detector_losses, focal, iou_loss, smooth_l1


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


@pytest.mark.parametrize("kind,expected", [
    ("bce", -(0.5 * math.log(0.8) + 0.5 * math.log(0.2))), ("l1", 0.3), ("l2", 0.09)])
def test_iou_losses_closed_form(kind: str, expected: float) -> None:
    """Predicted IoU 0.8, true IoU 0.5: half of the box is inside."""
    logit = torch.tensor([math.log(4)])
    predicted, truth = torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([[0.0, 0, 4, 8]])
    value = iou_loss(logit, predicted, truth, LossOptions(iou=kind))
    assert value.item() == pytest.approx(expected, rel=1e-5)


def test_unknown_losses_are_named() -> None:
    with pytest.raises(ValueError, match="bce, l1, l2 or none, found 'dice'"):
        iou_loss(torch.zeros(1), torch.zeros(1, 4), torch.zeros(1, 4), LossOptions(iou="dice"))
    with pytest.raises(ValueError, match="smooth_l1 or l1, found 'huber'"):
        box_loss(torch.zeros(1), LossOptions(box="huber"))


def test_l1_box_loss_and_no_iou_loss() -> None:
    anchors = base_anchors(8)
    deltas = torch.full((1, 9, 4), 0.05)
    losses = detector_losses(torch.zeros((1, 9, 1)), deltas, None, anchors, [anchors[:1]],
                             [torch.tensor([0])], LossOptions(box="l1", iou="none"))
    positives = 1 + sum(iou_of_first > 0.5 for iou_of_first in iou(anchors[:1], anchors[1:]).tolist())
    expected = (encode(anchors, anchors[:1]) - 0.05).abs().sum(dim=1)
    chosen = iou(anchors[:1], anchors) >= 0.5
    assert int(chosen.sum()) == positives
    assert losses.boxes.item() == pytest.approx(expected[chosen].sum().item() / positives, rel=1e-5)
    assert losses.iou.item() == 0

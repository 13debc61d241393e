"""Fused confidence and the oracle of the paper's Table 6."""

from __future__ import annotations

import pytest
import torch

from train.anchors import base_anchors, level_anchors
from train.boxes import iou
from train.detect import DetectOptions, best_overlap, detect, fuse
from train.head import RawOutputs


def test_fused_confidence() -> None:
    p, q = torch.tensor([[0.25, 0.81]]), torch.tensor([[0.64]])
    assert fuse(p, q, 0.5)[0].tolist() == pytest.approx([0.4, 0.72])
    assert fuse(p, q, 0.0)[0].tolist() == pytest.approx([0.64, 0.64])
    assert fuse(p, None, 1.0) is p
    with pytest.raises(ValueError, match="alpha 0.5: the model predicts no IoU"):
        fuse(p, None, 0.5)


def test_best_overlap_without_ground_truth() -> None:
    assert best_overlap(torch.rand(3, 4), torch.zeros(0, 4)).tolist() == [[0.0]] * 3


def test_the_oracle_ranks_by_true_iou() -> None:
    """One cell; two anchors of equal class score: the one that fits worse predicts more IoU."""
    sizes = [(1, 1)] * 5
    raw = RawOutputs(*([torch.full((1, 9 * k, 1, 1), fill) for _ in sizes]
                       for k, fill in ((1, -9.0), (4, 0.0), (1, 0.0))))
    anchors = base_anchors(8)
    # Away from the border: every box moves by 100 pixels.
    raw.boxes[0].view(9, 4)[:, :2] = 100 / (anchors[:, 2:] - anchors[:, :2])
    for anchor, (class_logit, iou_logit) in {3: (0.0, -1.0), 5: (0.0, 3.0)}.items():
        raw.classes[0][0, anchor] = class_logit
        raw.ious[0][0, anchor] = iou_logit
    moved = anchors + 100
    truth = moved[3:4]
    options = DetectOptions(alpha=0.5, score_threshold=0.3, nms_threshold=0.99)
    predicted = detect(raw, (600, 600), 1.0, options)
    assert torch.allclose(predicted.boxes[0], moved[5])
    oracle = detect(raw, (600, 600), 1.0, options, oracle=truth)
    assert torch.allclose(oracle.boxes[0], truth[0])
    expected = 0.5 * iou(moved[[3, 5]], truth)
    assert oracle.scores.tolist() == pytest.approx(expected.sqrt().tolist(), rel=1e-5)
    assert level_anchors(sizes)[0].shape == (9, 4)

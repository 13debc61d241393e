"""Anchors, box coding and the assignment, against numbers worked out by hand."""

from __future__ import annotations

import torch

from train.anchors import base_anchors, level_anchors
from train.assigner import BACKGROUND, IGNORED, assign
from train.boxes import MAX_LOG_RATIO, decode, encode, iou
from train.detect import nms


def test_base_anchors_match_the_published_table() -> None:
    wide = [(22.6274, 11.3137), (28.5088, 14.2544), (35.9188, 17.9594)]
    square = [(16.0, 16.0), (20.1587, 20.1587), (25.3984, 25.3984)]
    tall = [(h, w) for w, h in wide]
    table = torch.tensor([(-w, -h, w, h) for w, h in (*wide, *square, *tall)])
    assert torch.allclose(base_anchors(8), table, atol=1e-4)
    assert torch.allclose(base_anchors(128), table * 16, atol=2e-3)


def test_anchor_order_is_row_column_anchor() -> None:
    anchors = level_anchors([(3, 5), (2, 3), (1, 2), (1, 1), (1, 1)])
    assert [len(a) for a in anchors] == [135, 54, 18, 9, 9]
    y, x, a = 2, 4, 7
    expected = base_anchors(8)[a] + torch.tensor((32.0, 16.0, 32.0, 16.0))
    assert torch.equal(anchors[0][(y * 5 + x) * 9 + a], expected)


def test_coding_is_a_round_trip_and_clamps_both_sides() -> None:
    anchors = base_anchors(16)
    boxes = anchors + torch.tensor((3.0, -2.0, 9.0, 4.0))
    assert torch.allclose(decode(anchors, encode(anchors, boxes)), boxes, atol=1e-4)
    box = decode(torch.tensor([[0.0, 0.0, 10.0, 10.0]]), torch.tensor([[0.0, 0.0, 99.0, -99.0]]))
    sizes = (box[0, 2:] - box[0, :2]).log()
    limit = torch.tensor((MAX_LOG_RATIO, -MAX_LOG_RATIO))
    assert torch.allclose(sizes, limit + torch.tensor(10.0).log(), atol=1e-4)


def test_iou_by_hand() -> None:
    a = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    b = torch.tensor([[1.0, 1.0, 3.0, 3.0], [0.0, 0.0, 2.0, 2.0], [2.0, 0.0, 4.0, 2.0]])
    assert torch.allclose(iou(a[:, None], b), torch.tensor([[1 / 7, 1.0, 0.0]]))


def test_assignment_by_hand() -> None:
    # IoU with the first box: 1, 0.45, 0.3, 0; with the second, a quarter inside anchor 2: 0.25.
    anchors = torch.tensor([[0, 0, 100, 100], [0, 0, 45, 100], [0, 0, 30, 100],
                            [200, 0, 300, 100], [500, 0, 600, 100]]).float()
    boxes = torch.tensor([[0, 0, 100, 100], [200, 0, 225, 100]]).float()
    # The second box's best IoU, 0.25 on anchor 3, is below every threshold and still claims it.
    assert assign(anchors, boxes).tolist() == [0, IGNORED, BACKGROUND, 1, BACKGROUND]


def test_later_box_takes_a_contested_anchor_and_untouched_boxes_take_none() -> None:
    anchors = torch.tensor([[0, 0, 10, 10], [1000, 0, 1010, 10]]).float()
    boxes = torch.tensor([[0, 0, 10, 9], [0, 0, 10, 8], [50, 50, 60, 60]]).float()
    assert assign(anchors, boxes).tolist() == [1, BACKGROUND]
    assert assign(anchors, torch.zeros((0, 4))).tolist() == [BACKGROUND, BACKGROUND]


def test_nms_suppresses_only_above_the_threshold() -> None:
    # The second overlaps the first by exactly 0.5, the third by more.
    boxes = torch.tensor([[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 6]]).float()
    kept = nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5, 100)
    assert kept.tolist() == [0, 1]

"""Anchors in MMDetection 2.x's convention: centre at the cell's corner, edges, no rounding."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

STRIDES = (8, 16, 32, 64, 128)
RATIOS = (0.5, 1.0, 2.0)  # height / width
SCALES = tuple(4 * 2 ** (i / 3) for i in range(3))


def base_anchors(stride: int) -> Tensor:
    """The nine boxes of the cell at the origin: ratio is the outer loop, scale the inner."""
    rows = []
    for ratio in RATIOS:
        for scale in SCALES:
            height = stride * scale * ratio ** 0.5
            width = stride * scale / ratio ** 0.5
            rows.append((-width / 2, -height / 2, width / 2, height / 2))
    return torch.tensor(rows, dtype=torch.float32)


@lru_cache(maxsize=32)
def _level(stride: int, height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height) * stride, torch.arange(width) * stride,
                          indexing="ij")
    shifts = torch.stack((x, y, x, y), dim=-1).reshape(-1, 1, 4).float()
    return (shifts + base_anchors(stride)).reshape(-1, 4)


def level_anchors(sizes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """One tensor [H*W*9, 4] for each level, in the order of `head.flatten`."""
    return [_level(stride, height, width) for stride, (height, width) in zip(STRIDES, sizes)]

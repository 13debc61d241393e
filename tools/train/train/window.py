"""Random windows on pictures: a part of one, or a larger canvas around one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .config import AugmentOptions
from .preprocess import MEAN

TRIES = 10


class Window(NamedTuple):
    """Edges in whole pixels of the picture, which the window may leave."""

    x1: int
    y1: int
    x2: int
    y2: int

    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.y2 - self.y1, self.x2 - self.x1


def draw_window(rng: np.random.Generator, size: tuple[int, int], boxes: Tensor,
                options: AugmentOptions) -> Window | None:
    """A part with the centre of a box at least, a larger canvas, or None for the picture itself.

    `size` is (height, width). Sides are drawn apart from each other, so shapes vary as well.
    """
    chance = rng.random()
    height, width = size
    if chance < options.crop:
        for _ in range(TRIES):
            part = rng.uniform(options.crop_least, 1, 2)
            h, w = max(1, round(height * part[0])), max(1, round(width * part[1]))
            x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
            window = Window(x, y, x + w, y + h)
            if len(boxes) == 0 or bool(_centres_inside(boxes, window).any()):
                return window
    elif chance < options.crop + options.expand:
        multiple = float(rng.uniform(1, options.expand_most))
        h, w = round(height * multiple), round(width * multiple)
        x, y = int(rng.integers(w - width + 1)), int(rng.integers(h - height + 1))
        return Window(-x, -y, w - x, h - y)
    return None


def _centres_inside(boxes: Tensor, window: Window) -> Tensor:
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    first, last = torch.tensor(window[:2]), torch.tensor(window[2:])
    return ((centre >= first) & (centre < last)).all(dim=1)


def boxes_in(boxes: Tensor, window: Window) -> tuple[Tensor, Tensor]:
    """Boxes whose centres are inside, cut to the window and in its pixels; and which these are."""
    kept = _centres_inside(boxes, window).nonzero(as_tuple=True)[0]
    origin = boxes.new_tensor((window.x1, window.y1) * 2)
    height, width = window.size()
    limit = boxes.new_tensor((width, height) * 2)
    return (boxes[kept] - origin).clamp(min=0).minimum(limit), kept


def show(picture: np.ndarray, window: Window) -> np.ndarray:
    """The window's pixels; outside the picture they have the mean colour."""
    height, width = picture.shape[:2]
    x1, y1 = max(window.x1, 0), max(window.y1, 0)
    x2, y2 = min(window.x2, width), min(window.y2, height)
    canvas = np.empty((*window.size(), 3), dtype=np.uint8)
    canvas[:] = MEAN.flatten().round().byte().numpy()
    canvas[y1 - window.y1:y2 - window.y1, x1 - window.x1:x2 - window.x1] = picture[y1:y2, x1:x2]
    return canvas

"""From an 8-bit RGB picture to the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

MEAN = torch.tensor((123.675, 116.28, 103.53)).view(3, 1, 1)
STD = torch.tensor((58.395, 57.12, 57.375)).view(3, 1, 1)
MULTIPLE = 32


class Prepared(NamedTuple):
    """A picture [3, h, w], not padded, and network pixels per original pixel."""

    pixels: Tensor
    scale: float


def resize_factor(height: int, width: int, long: int, short: int) -> float:
    """The largest factor that keeps the sides within (long, short)."""
    return min(long / max(height, width), short / min(height, width))


def resized_size(height: int, width: int, long: int, short: int) -> tuple[tuple[int, int], float]:
    """(height, width) after `resize`, and the factor."""
    scale = resize_factor(height, width, long, short)
    return (max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))), scale


def resize(picture: np.ndarray, long: int, short: int) -> Prepared:
    """A picture [H, W, 3] as float pixels [3, h, w] in 0 … 255, with its ratio kept.

    Bilinear with half-pixel centres, no antialiasing, edges clamped, in float: the values are not
    rounded back to 8 bits. The sampling step is the ratio of the actual sizes.
    """
    height, width = picture.shape[:2]
    size, scale = resized_size(height, width, long, short)
    pixels = torch.from_numpy(picture).permute(2, 0, 1).float()
    if size != (height, width):
        pixels = F.interpolate(pixels[None], size=size, mode="bilinear", align_corners=False)[0]
    return Prepared(pixels, scale)


def normalise(pixels: Tensor) -> Tensor:
    return (pixels - MEAN) / STD


def prepare(picture: np.ndarray, long: int, short: int) -> Prepared:
    """Resizes, then normalises."""
    pixels, scale = resize(picture, long, short)
    return Prepared(normalise(pixels), scale)


def padded_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The smallest (height, width) in whole multiples that holds all of these."""
    height, width = (-(-max(side) // MULTIPLE) * MULTIPLE for side in zip(*sizes))
    return height, width


def pad_batch(pictures: list[Tensor], size: tuple[int, int] | None = None) -> Tensor:
    """One tensor [N, 3, H, W]; bottom and right are zero (the mean colour).

    Without `size` (H, W) these are the smallest multiples that hold all pictures.
    """
    height, width = size or padded_size([(p.shape[1], p.shape[2]) for p in pictures])
    batch = torch.zeros((len(pictures), 3, height, width))
    for index, p in enumerate(pictures):
        batch[index, :, :p.shape[1], :p.shape[2]] = p
    return batch.contiguous(memory_format=torch.channels_last)

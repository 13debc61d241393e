"""From an 8-bit RGB picture to the network's input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

MEAN = torch.tensor((123.675, 116.28, 103.53)).view(3, 1, 1)
STD = torch.tensor((58.395, 57.12, 57.375)).view(3, 1, 1)
MULTIPLE = 32


class Prepared(NamedTuple):
    """A normalised picture [3, h, w], not padded, and network pixels per original pixel."""

    pixels: Tensor
    scale: float


def resize_factor(height: int, width: int, long: int, short: int) -> float:
    """The largest factor that keeps the sides within (long, short)."""
    return min(long / max(height, width), short / min(height, width))


def prepare(picture: np.ndarray, long: int, short: int) -> Prepared:
    """Resize keeping the ratio, then normalise.

    Bilinear with half-pixel centres, no antialiasing, edges clamped, in float: the values are not
    rounded back to 8 bits. The sampling step is the ratio of the actual sizes.
    """
    height, width = picture.shape[:2]
    scale = resize_factor(height, width, long, short)
    size = (int(height * scale + 0.5), int(width * scale + 0.5))
    pixels = torch.from_numpy(picture).permute(2, 0, 1).float()
    if size != (height, width):
        pixels = F.interpolate(pixels[None], size=size, mode="bilinear", align_corners=False)[0]
    return Prepared((pixels - MEAN) / STD, scale)


def pad_batch(pictures: list[Tensor]) -> Tensor:
    """One tensor [N, 3, H, W]; bottom and right are zero (the mean colour), H and W multiples."""
    height, width = (-(-max(p.shape[d] for p in pictures) // MULTIPLE) * MULTIPLE for d in (1, 2))
    batch = torch.zeros((len(pictures), 3, height, width))
    for index, p in enumerate(pictures):
        batch[index, :, :p.shape[1], :p.shape[2]] = p
    return batch.contiguous(memory_format=torch.channels_last)

"""Colour jitter of 8-bit RGB pictures in floating point."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .config import AugmentOptions

# ITU-R BT.601 luma, and the two colour differences of YIQ.
TO_YIQ = torch.tensor(((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213),
                       (0.2115, -0.5227, 0.3112)), dtype=torch.float64)
FROM_YIQ = torch.linalg.inv(TO_YIQ)


class ColourChange(NamedTuple):
    """Factors of brightness, contrast and saturation (1: none), a turn of hue and a shift of colour
    temperature (0: none).

    Contrast scales the distance from the picture's mean luma, saturation that of each pixel from
    its own luma; hue is a part of a full turn in YIQ's colour plane, which keeps the luma;
    temperature t multiplies red by 1 + t and blue by 1 − t.
    """

    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0
    temperature: float = 0.0

    @classmethod
    def draw(cls, options: AugmentOptions, jitter: np.ndarray) -> ColourChange:
        """From five numbers in −1 … 1."""
        contrast, brightness, saturation, hue, temperature = (float(j) for j in jitter)
        return cls(1 + options.brightness * brightness, 1 + options.contrast * contrast,
                   1 + options.saturation * saturation, options.hue * hue,
                   options.temperature * temperature)


def colour_matrix(change: ColourChange) -> Tensor:
    """The 3x3 matrix on RGB of hue, then saturation, temperature and brightness."""
    angle = 2 * math.pi * change.hue
    c, s = math.cos(angle) * change.saturation, math.sin(angle) * change.saturation
    turn = torch.tensor(((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c)), dtype=torch.float64)
    balance = torch.tensor((1 + change.temperature, 1.0, 1 - change.temperature),
                           dtype=torch.float64)
    return (change.brightness * balance[:, None] * (FROM_YIQ @ turn @ TO_YIQ)).float()


def change_colour(pixels: Tensor, change: ColourChange) -> Tensor:
    """Pixels [3, H, W] in 0 … 255 with another colour, cut to that range."""
    if change == ColourChange():
        return pixels
    pixels = torch.einsum("oc,chw->ohw", colour_matrix(change), pixels)
    luma = TO_YIQ[0].float() @ pixels.mean(dim=(1, 2))
    return ((pixels - luma) * change.contrast + luma).clamp(0, 255)

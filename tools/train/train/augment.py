"""What a training batch consists of: which samples, flipped how, at which size.

Everything is a function of (seed, step) alone, so a resumed run sees the batches that an
uninterrupted one sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from .data import CocoData, Sample
from .preprocess import pad_batch, prepare


class Batch(NamedTuple):
    """Per image boxes in network pixels and labels; the images [N, 3, H, W], or what the first
    stages of the backbone made of them."""

    inputs: list[Tensor]
    boxes: list[Tensor]
    labels: list[Tensor]


class Slot(NamedTuple):
    """Which sample, and how it is shown."""

    index: int
    horizontal: bool
    vertical: bool
    long: int
    short: int
    gain: tuple[float, ...]
    """Contrast, brightness, and a factor for each channel."""


class Shown(NamedTuple):
    """A normalised picture [3, h, w], and its boxes in the same pixels."""

    pixels: Tensor
    boxes: Tensor


@dataclass(frozen=True)
class BatchPlan:
    """The options that decide a batch's content."""

    batch: int
    seed: int
    short_sizes: Sequence[int]
    aspect: float
    """Longest side over short side that still fits."""
    vertical_flip: bool
    extra_fraction: float
    """Share of samples from the second data set."""
    brightness: float
    """Largest relative change of brightness, contrast and each channel's gain."""


def flip(sample: Sample, horizontally: bool, vertically: bool) -> Sample:
    """Mirrors the picture and its boxes."""
    picture, boxes = sample.picture, sample.boxes.clone()
    height, width = picture.shape[:2]
    if horizontally:
        picture = picture[:, ::-1]
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    if vertically:
        picture = picture[::-1]
        boxes[:, [1, 3]] = height - boxes[:, [3, 1]]
    return Sample(np.ascontiguousarray(picture), boxes, sample.labels)


def draw_index(rng_seed: int, position: int, length: int) -> int:
    """The sample at a position of an endless sequence of shuffled epochs."""
    epoch, offset = divmod(position, length)
    return int(np.random.default_rng((rng_seed, 1, epoch)).permutation(length)[offset])


def draw_slots(data: CocoData, extra: CocoData | None, plan: BatchPlan,
               step: int) -> list[tuple[CocoData, Slot]]:
    """What the batch of a step shows. All its pictures share one size, to waste no padding."""
    rng = np.random.default_rng((plan.seed, 0, step))
    short = int(rng.choice(plan.short_sizes))
    parts = []
    for position in range(step * plan.batch, (step + 1) * plan.batch):
        use_extra = rng.random() < plan.extra_fraction
        flips = rng.random(2) < 0.5
        gain = 1 + plan.brightness * rng.uniform(-1, 1, 5)
        if extra is not None and use_extra:
            source, index = extra, int(rng.integers(len(extra)))
        else:
            source, index = data, draw_index(plan.seed, position, len(data))
        parts.append((source, Slot(index, bool(flips[0]), bool(flips[1]) and plan.vertical_flip,
                                   round(short * plan.aspect), short,
                                   tuple(gain.tolist()) if plan.brightness > 0 else ())))
    return parts


def render(sample: Sample, slot: Slot) -> Shown:
    flipped = flip(sample, slot.horizontal, slot.vertical)
    pixels, scale = prepare(flipped.picture, slot.long, slot.short)
    if slot.gain:
        # In normalised units: contrast about the mean colour, then an offset, then channels.
        contrast, brightness, *channels = slot.gain
        pixels = (pixels * contrast + (brightness - 1)) * pixels.new_tensor(channels).view(3, 1, 1)
    return Shown(pixels, flipped.boxes * scale)


def make_batch(parts: list[tuple[CocoData, Slot]]) -> Batch:
    samples = [data.sample(slot.index) for data, slot in parts]
    shown = [render(sample, slot) for sample, (_, slot) in zip(samples, parts)]
    return Batch([pad_batch([s.pixels for s in shown])], [s.boxes for s in shown],
                 [s.labels for s in samples])

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
    """Network input and, per image, boxes in network pixels and labels."""

    images: Tensor
    boxes: list[Tensor]
    labels: list[Tensor]


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


def make_batch(data: CocoData, extra: CocoData | None, plan: BatchPlan, step: int) -> Batch:
    """The batch of a step. All its pictures share one size, to waste no padding."""
    rng = np.random.default_rng((plan.seed, 0, step))
    short = int(rng.choice(plan.short_sizes))
    images, boxes, labels = [], [], []
    for slot in range(plan.batch):
        use_extra = rng.random() < plan.extra_fraction
        flips = rng.random(2) < 0.5
        gain = 1 + plan.brightness * rng.uniform(-1, 1, 5)
        if extra is not None and use_extra:
            sample = extra.sample(int(rng.integers(len(extra))))
        else:
            sample = data.sample(draw_index(plan.seed, step * plan.batch + slot, len(data)))
        sample = flip(sample, bool(flips[0]), bool(flips[1]) and plan.vertical_flip)
        prepared = prepare(sample.picture, round(short * plan.aspect), short)
        pixels = prepared.pixels
        if plan.brightness > 0:
            # In normalised units: contrast about the mean colour, then an offset, then channels.
            pixels = pixels * float(gain[0]) + float(gain[1] - 1)
            pixels = pixels * pixels.new_tensor(gain[2:]).view(3, 1, 1)
        images.append(pixels)
        boxes.append(sample.boxes * prepared.scale)
        labels.append(sample.labels)
    return Batch(pad_batch(images), boxes, labels)

"""What a training batch consists of: which samples, shown how, at which size.

Everything is a function of (seed, step, slot of the batch) alone: a resumed run sees the batches
that an uninterrupted one sees, and processes that share a batch those of a single one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from torch import Tensor

from .colour import ColourChange, change_colour
from .config import AugmentOptions
from .dataset import DataSet, Sample
from .preprocess import normalise, pad_batch, padded_size, resize, resized_size
from .window import Window, boxes_in, draw_window, show


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
    window: Window | None = None
    """The part to show, if not all of it and nothing else."""
    colour: ColourChange = ColourChange()


class Shown(NamedTuple):
    """A normalised picture [3, h, w], and its boxes in the same pixels, with their labels."""

    pixels: Tensor
    boxes: Tensor
    labels: Tensor


@dataclass(frozen=True)
class BatchPlan:
    """The options that decide a batch's content."""

    batch: int
    seed: int
    short_sizes: Sequence[int]
    aspect: float
    """Longest side over short side that still fits."""
    extra_fraction: float
    """Share of samples from the second data set."""
    augment: AugmentOptions


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
    return int(_shuffled(rng_seed, epoch, length)[offset])


@lru_cache(maxsize=4)
def _shuffled(rng_seed: int, epoch: int, length: int) -> np.ndarray:
    return np.random.default_rng((rng_seed, 1, epoch)).permutation(length)


def draw_slots(data: DataSet, extra: DataSet | None, plan: BatchPlan,
               step: int) -> list[tuple[DataSet, Slot]]:
    """What the batch of a step shows. All its pictures share one size, to waste no padding."""
    rng = np.random.default_rng((plan.seed, 0, step))
    augment = plan.augment
    short = int(rng.choice(plan.short_sizes))
    parts = []
    for place in range(plan.batch):
        use_extra = rng.random() < plan.extra_fraction
        flips = rng.random(2)
        jitter = rng.uniform(-1, 1, 5)
        if extra is not None and use_extra:
            source, index = extra, int(rng.integers(len(extra)))
        else:
            source, index = data, draw_index(plan.seed, step * plan.batch + place, len(data))
        window = draw_window(np.random.default_rng((plan.seed, 2, step, place)),
                             source.size(index), source.boxes(index), augment)
        parts.append((source, Slot(
            index, bool(flips[0] < augment.horizontal_flip),
            bool(flips[1] < augment.vertical_flip), round(short * plan.aspect), short, window,
            ColourChange.draw(augment, jitter))))
    return parts


def slot_size(data: DataSet, slot: Slot) -> tuple[int, int]:
    """(height, width) that a slot has for the network, known without its picture."""
    height, width = slot.window.size() if slot.window else data.size(slot.index)
    return resized_size(height, width, slot.long, slot.short)[0]


def render(sample: Sample, slot: Slot) -> Shown:
    """A sample as its slot says: window, flips, size, colours, normalisation."""
    if slot.window:
        picture = show(sample.picture, slot.window)
        boxes, kept = boxes_in(sample.boxes, slot.window)
        sample = Sample(picture, boxes, sample.labels[kept])
    flipped = flip(sample, slot.horizontal, slot.vertical)
    pixels, scale = resize(flipped.picture, slot.long, slot.short)
    pixels = normalise(change_colour(pixels, slot.colour))
    return Shown(pixels, flipped.boxes * scale, flipped.labels)


def make_batch(parts: list[tuple[DataSet, Slot]], share: slice = slice(None)) -> Batch:
    """The batch, or a process's share of it, padded to the size of the whole."""
    size = padded_size([slot_size(data, slot) for data, slot in parts])
    shown = [render(data.sample(slot.index), slot) for data, slot in parts[share]]
    return Batch([pad_batch([s.pixels for s in shown], size)], [s.boxes for s in shown],
                 [s.labels for s in shown])

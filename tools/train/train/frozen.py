"""Outputs of backbone stages that learn nothing, computed once for every way a picture is shown."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import Batch, Slot, render, slot_size
from .dataset import DataSet
from .model import Detector
from .preprocess import pad_batch, padded_size


class Begun(NamedTuple):
    """Outputs [1, C, h, w] of the frozen stages for one picture of a padded size (H, W)."""

    maps: list[Tensor]
    size: tuple[int, int]
    boxes: Tensor
    labels: Tensor


def pad_map(m: Tensor, size: tuple[int, int], whole: tuple[int, int]) -> Tensor:
    """The map of a picture of `size` as part of one of `whole`; bottom and right are zero."""
    height, width = (m.shape[2 + d] * whole[d] // size[d] for d in (0, 1))
    return F.pad(m, (0, width - m.shape[3], 0, height - m.shape[2]))


class FrozenFeatures:
    """Batches that begin after the frozen stages, from memory.

    A picture is shown in few ways only (flips times sizes), so after some epochs all of them are
    there. Pictures of a batch that differ in size meet as maps, padded with zeros; where all have
    one size the maps are those that the whole network would compute.
    """

    def __init__(self, model: Detector, stages: int) -> None:
        self._model = model
        self._stages = stages
        self._device = next(model.parameters()).device
        self._kept: dict[tuple[int, Slot], Begun] = {}

    def batch(self, parts: list[tuple[DataSet, Slot]], share: slice = slice(None)) -> Batch:
        """As `make_batch`, with stage outputs in place of the images."""
        whole = padded_size([slot_size(data, slot) for data, slot in parts])
        rows = [self._features(data, slot) for data, slot in parts[share]]
        maps = [torch.cat([pad_map(row.maps[level], row.size, whole) for row in rows])
                for level in range(len(rows[0].maps))]
        return Batch(maps, [row.boxes for row in rows], [row.labels for row in rows])

    @torch.no_grad()
    def _features(self, data: DataSet, slot: Slot) -> Begun:
        key = (id(data), slot)
        if key not in self._kept:
            shown = render(data.sample(slot.index), slot)
            images = pad_batch([shown.pixels])
            maps = self._model.backbone.begin(images.to(self._device), self._stages)
            self._kept[key] = Begun([m.contiguous(memory_format=torch.channels_last)
                                     for m in maps], tuple(images.shape[2:]), shown.boxes,
                                    shown.labels)
        return self._kept[key]

"""Outputs of backbone stages that learn nothing, computed once for every way a picture is shown."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import Batch, Slot, render
from .data import CocoData
from .model import Detector
from .preprocess import pad_batch


def pad_maps(maps: list[Tensor]) -> Tensor:
    """One tensor [N, C, H, W] of maps [1, C, h, w]; bottom and right are zero."""
    height, width = (max(m.shape[d] for m in maps) for d in (2, 3))
    return torch.cat([F.pad(m, (0, width - m.shape[3], 0, height - m.shape[2])) for m in maps])


class FrozenFeatures:
    """Batches that begin after the frozen stages, from memory.

    A picture is shown in few ways only (flips times sizes), so after some epochs all of them are
    there. Pictures of a batch that differ in size meet as maps, padded with zeros; where all have
    one size the maps are those that the whole network would compute.
    """

    def __init__(self, model: Detector, stages: int) -> None:
        self._model = model
        self._stages = stages
        self._kept: dict[tuple[int, Slot], tuple[list[Tensor], Tensor]] = {}

    def batch(self, parts: list[tuple[CocoData, Slot]]) -> Batch:
        """As `make_batch`, with stage outputs in place of the images."""
        rows = [self._features(data, slot) for data, slot in parts]
        maps = [pad_maps(list(column)) for column in zip(*(begun for begun, _ in rows))]
        labels = [data.sample(slot.index).labels for data, slot in parts]
        return Batch(maps, [boxes for _, boxes in rows], labels)

    @torch.no_grad()
    def _features(self, data: CocoData, slot: Slot) -> tuple[list[Tensor], Tensor]:
        key = (id(data), slot)
        if key not in self._kept:
            shown = render(data.sample(slot.index), slot)
            begun = self._model.backbone.begin(pad_batch([shown.pixels]), self._stages)
            self._kept[key] = ([m.contiguous(memory_format=torch.channels_last) for m in begun],
                               shown.boxes)
        return self._kept[key]

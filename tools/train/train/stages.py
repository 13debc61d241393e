"""What all backbones have in common: four stages, at strides 4, 8, 16 and 32."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

STAGES = 4


class StagedBackbone(nn.Module, ABC):
    """Stages 1, 2 and 3 give C3, C4 and C5; stage 0, the stem and all of stride 4, gives C2.

    A backbone can stop after some stages and go on from what came out. Where these learn nothing
    the outputs need computing once only.
    """

    channels: tuple[int, int, int]
    """Widths of C3, C4, C5."""

    @abstractmethod
    def stage(self, index: int, x: Tensor) -> Tensor:
        """The output of a stage for that of the one before (stage 0: for the images)."""

    @abstractmethod
    def stage_modules(self, index: int) -> list[nn.Module]:
        """The modules whose parameters belong to a stage."""

    def begin(self, images: Tensor, count: int) -> list[Tensor]:
        """The outputs of the first `count` stages that the others or the neck need."""
        x, outputs = images, []
        for index in range(count):
            x = self.stage(index, x)
            outputs.append(x)
        return (outputs[1:] or [x])

    def finish(self, begun: list[Tensor], count: int) -> list[Tensor]:
        """C3, C4, C5 from what `begin` returned for the same count."""
        taps = list(begun) if count > 1 else []
        x = begun[-1]
        for index in range(count, STAGES):
            x = self.stage(index, x)
            if index > 0:
                taps.append(x)
        return taps

    def forward(self, images: Tensor) -> list[Tensor]:
        return self.finish([images], 0)

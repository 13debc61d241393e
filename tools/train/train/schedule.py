"""Lengths in steps, and the learning rate of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .config import ScheduleOptions


@dataclass(frozen=True)
class Schedule:
    """A schedule on a data set of `samples` pictures. Steps count from 0."""

    options: ScheduleOptions
    samples: int

    def to_steps(self, length: float) -> int:
        """Steps in a length of epochs or steps, whichever the schedule counts in; at least 1."""
        if self.options.epochs > 0:
            length = length * self.samples / self.options.batch
        return max(1, math.ceil(length - 1e-9))

    def interval(self, length: float) -> int:
        """`to_steps`, where 0 is an epoch."""
        return self.to_steps(length) if length else max(1, math.ceil(
            self.samples / self.options.batch))

    @property
    def steps(self) -> int:
        return self.to_steps(self.options.epochs or self.options.steps)

    @property
    def rate(self) -> float:
        """The full learning rate: given, or by the linear rule."""
        return self.options.lr or self.options.lr_per_image * self.options.batch

    def epoch(self, step: int) -> float:
        """Passes over the data after a number of steps."""
        return step * self.options.batch / self.samples

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then cosine to zero or a tenth after each drop."""
        options = self.options
        if step < options.warmup:
            start = options.warmup_start
            return self.rate * (start + (1 - start) * step / options.warmup)
        if options.decay == "cosine":
            done = (step - options.warmup) / max(self.steps - options.warmup, 1)
            return self.rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        return self.rate * 0.1 ** sum(step >= drop for drop in self._drops())

    def _drops(self) -> list[float]:
        if self.options.drops:
            return [self.to_steps(drop) for drop in self.options.drops]
        # Epochs 8 and 11 of the authors' 12.
        return [self.steps * part for part in (8 / 12, 11 / 12)]

"""The processor to train on, and mixed precision."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from .config import RunOptions
from .distributed import local_rank

SMALLEST_SCALE = 1.0


def choose_device(name: str) -> torch.device:
    """`cpu`, `cuda` (this process's GPU) or `auto`, a GPU if there is one."""
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ValueError("run.device: no GPU is available to PyTorch")
    device = torch.device("cuda", local_rank())
    torch.cuda.set_device(device)
    return device


class Precision:
    """Float32, or mixed: convolutions in 16 bits (half on a GPU, bfloat16 on a CPU).

    Losses are always computed in float32. Half's gradients are scaled, and a step whose gradients
    overflow is left out, with a smaller scale from then on. Everything else that is not finite
    ends the run.
    """

    def __init__(self, options: RunOptions, device: torch.device) -> None:
        self._device = device
        self.mixed = options.precision == "mixed" or (
            options.precision == "auto" and device.type == "cuda")
        self.scaler = torch.amp.GradScaler(device.type,
                                           enabled=self.mixed and device.type == "cuda")

    def autocast(self) -> AbstractContextManager[None]:
        kind = torch.float16 if self._device.type == "cuda" else torch.bfloat16
        return torch.autocast(self._device.type, dtype=kind, enabled=self.mixed)

    def update(self, loss: Tensor, optimizer: torch.optim.Optimizer,
               parameters: list[nn.Parameter], clip: float) -> float:
        """One step down the gradient of a loss; gives the gradient's norm before clipping.

        An infinite norm says that the step was left out. Raises FloatingPointError.
        """
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(optimizer)
        norm = float(nn.utils.clip_grad_norm_(parameters, clip))
        if not math.isfinite(norm) and not self.scaler.is_enabled():
            raise FloatingPointError(f"the gradient's norm is {norm}")
        self.scaler.step(optimizer)
        self.scaler.update()
        if self.scaler.is_enabled() and self.scaler.get_scale() < SMALLEST_SCALE:
            raise FloatingPointError("gradients overflow in 16 bits at any scale; try "
                                     "run.precision = \"float32\" or a smaller learning rate")
        return norm

"""Small building blocks that several parts of the network share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvModule(nn.Module):
    """A convolution with bias under the name `conv`, optionally followed by ReLU.

    The extra level in the name matches MMDetection's state dicts (`cls_convs.0.conv.weight`).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1,
                 relu: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.relu_(x) if self.relu else x


def keep_statistics_frozen(module: nn.Module) -> None:
    """Puts every batch norm in evaluation mode; its scale and shift stay trainable.

    Batches of a detector are too small for running statistics to be worth updating.
    """
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            child.eval()

"""Small building blocks that several parts of the network share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvModule(nn.Module):
    """A convolution under the name `conv`, optionally followed by GroupNorm (`gn`) and ReLU.

    With GroupNorm the convolution has no bias. The extra level in the name matches MMDetection's
    state dicts (`cls_convs.0.conv.weight`).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1,
                 relu: bool = False, groups: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=groups == 0)
        if groups:
            self.gn = nn.GroupNorm(groups, outputs)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if hasattr(self, "gn"):
            x = self.gn(x)
        return torch.relu_(x) if self.relu else x


def keep_statistics_frozen(module: nn.Module) -> None:
    """Puts every batch norm in evaluation mode; its scale and shift stay trainable.

    Batches of a detector are too small for running statistics to be worth updating.
    """
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            child.eval()

"""Feature pyramid (Lin et al., arXiv 1612.03144) with RetinaNet's two levels above."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .layers import ConvModule
from .network_options import NetworkOptions


class FPN(nn.Module):
    """C3, C4, C5 to P3 … P7."""

    def __init__(self, inputs: Sequence[int], channels: int,
                 options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.options = options
        self.lateral_convs = nn.ModuleList(ConvModule(width, channels, 1) for width in inputs)
        self.fpn_convs = nn.ModuleList(ConvModule(channels, channels, 3) for _ in inputs)
        self.fpn_convs.append(ConvModule(channels if options.p6 == "p5" else inputs[-1],
                                          channels, 3, stride=2))
        self.fpn_convs.append(ConvModule(channels, channels, 3, stride=2))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        merged = [conv(x) for conv, x in zip(self.lateral_convs, features)]
        for level in range(len(merged) - 1, 0, -1):
            # The exact size of the map below, so that sides need not be multiples of 32.
            size = merged[level - 1].shape[-2:]
            merged[level - 1] = merged[level - 1] + F.interpolate(merged[level], size=size,
                                                                  mode="nearest")
        outputs = [self.fpn_convs[i](x) for i, x in enumerate(merged)]
        p6 = self.fpn_convs[3](outputs[-1] if self.options.p6 == "p5" else features[-1])
        below = F.relu(p6) if self.options.relu_before_p7 else p6
        outputs += [p6, self.fpn_convs[4](below)]
        return outputs

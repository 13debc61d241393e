"""The IoU-aware RetinaNet head (paper, section "IoU-aware single-stage object detector")."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .layers import ConvModule


class RawOutputs(NamedTuple):
    """Per level: class logits [N, A*C, H, W], box deltas [N, A*4, …], IoU logits [N, A, …].

    A plain RetinaNet has no IoU logits: the list is empty.
    """

    classes: list[Tensor]
    boxes: list[Tensor]
    ious: list[Tensor]


class IoUAwareRetinaHead(nn.Module):
    """Two towers of four 3x3 convolutions, shared by all levels.

    The IoU prediction sits on the last layer of the *regression* tower: one logit for each anchor,
    whatever the class. Without it this is RetinaNet's head, and the same seed gives the other layers
    the same weights.
    """

    def __init__(self, channels: int, classes: int, anchors: int = 9, tower_init: str = "paper",
                 prior: float = 0.01, tower_norm: str = "none", iou_head: bool = True) -> None:
        super().__init__()
        groups = 32 if tower_norm == "groupnorm32" else 0
        self.cls_convs = self.tower(channels, groups)
        self.reg_convs = self.tower(channels, groups)
        self.retina_cls = nn.Conv2d(channels, anchors * classes, 3, padding=1)
        self.retina_reg = nn.Conv2d(channels, anchors * 4, 3, padding=1)
        self.reset(tower_init, prior)
        self.retina_iou = self.iou_convolution(channels, anchors) if iou_head else None

    @staticmethod
    def iou_convolution(channels: int, anchors: int) -> nn.Conv2d:
        """Starts at N(0, 0.01) and bias 0: every predicted IoU is about 0.5."""
        convolution = nn.Conv2d(channels, anchors, 3, padding=1)
        nn.init.normal_(convolution.weight, std=0.01)
        nn.init.zeros_(convolution.bias)
        return convolution

    @staticmethod
    def tower(channels: int, groups: int) -> nn.Sequential:
        return nn.Sequential(*(ConvModule(channels, channels, 3, relu=True, groups=groups)
                               for _ in range(4)))

    def reset(self, tower_init: str, prior: float) -> None:
        """N(0, 0.01), class bias at the prior (RetinaNet paper, 4.1).

        `he` scales the towers to keep the variance: with fewer than 256 channels N(0, 0.01) shrinks
        the signal at every layer, which costs a short schedule many steps.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if tower_init == "he":
            for tower in (self.cls_convs, self.reg_convs):
                for module in tower:
                    nn.init.kaiming_normal_(module.conv.weight, nonlinearity="relu")
        nn.init.constant_(self.retina_cls.bias, -math.log((1 - prior) / prior))

    def forward(self, features: Sequence[Tensor]) -> RawOutputs:
        out = RawOutputs([], [], [])
        for x in features:
            regression = self.reg_convs(x)
            out.classes.append(self.retina_cls(self.cls_convs(x)))
            out.boxes.append(self.retina_reg(regression))
            if self.retina_iou is not None:
                out.ious.append(self.retina_iou(regression))
        return out


def flatten(maps: Sequence[Tensor], width: int) -> Tensor:
    """[N, A*width, H, W] of every level to [N, anchors of all levels, width].

    The order is (y*W + x)*A + a, level after level, that of `anchors.grid_anchors`.
    """
    return torch.cat([m.permute(0, 2, 3, 1).reshape(m.shape[0], -1, width) for m in maps], dim=1)

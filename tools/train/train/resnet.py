"""ResNet (He et al., arXiv 1512.03385) and ResNeXt (arXiv 1611.05431)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .stages import StagedBackbone


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    """The 1x1 projection of a stage's first block, where shapes differ."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                         nn.BatchNorm2d(outputs))


@dataclass(frozen=True)
class BottleneckShape:
    """Groups of the 3x3 convolution, channels of one at the first stage, and where the stride is."""

    groups: int = 1
    group_width: int = 64
    stride_in: str = "3x3"


class BasicBlock(nn.Module):
    """Two 3x3 convolutions."""

    expansion = 1

    def __init__(self, inputs: int, planes: int, stride: int, shape: BottleneckShape) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = shortcut(inputs, planes, stride)

    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn2

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        x = torch.relu_(self.bn1(self.conv1(x)))
        return torch.relu_(self.bn2(self.conv2(x)) + identity)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1."""

    expansion = 4

    def __init__(self, inputs: int, planes: int, stride: int, shape: BottleneckShape) -> None:
        super().__init__()
        width = planes * shape.group_width // 64 * shape.groups
        first, second = (stride, 1) if shape.stride_in == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(inputs, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, second, 1, groups=shape.groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.downsample = shortcut(inputs, planes * 4, stride)

    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        x = torch.relu_(self.bn1(self.conv1(x)))
        x = torch.relu_(self.bn2(self.conv2(x)))
        return torch.relu_(self.bn3(self.conv3(x)) + identity)


class ResNet(StagedBackbone):
    """The outputs of stages 2, 3 and 4 at strides 8, 16 and 32."""

    def __init__(self, block: type[BasicBlock] | type[Bottleneck],
                 counts: tuple[int, int, int, int],
                 shape: BottleneckShape = BottleneckShape()) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = 64
        for stage, count in enumerate(counts):
            planes = 64 << stage
            blocks = []
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(block(width, planes, stride, shape))
                width = planes * block.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.channels = tuple(block.expansion * planes for planes in (128, 256, 512))

    def stage_modules(self, index: int) -> list[nn.Module]:
        layer = getattr(self, f"layer{index + 1}")
        return [self.conv1, self.bn1, layer] if index == 0 else [layer]

    def stage(self, index: int, x: Tensor) -> Tensor:
        if index == 0:
            x = self.maxpool(torch.relu_(self.bn1(self.conv1(x))))
        return getattr(self, f"layer{index + 1}")(x)

    def branch_norms(self) -> list[nn.BatchNorm2d]:
        """The last batch norm of every residual branch."""
        return [block.last_norm() for stage in (self.layer1, self.layer2, self.layer3, self.layer4)
                for block in stage]

"""MobileNetV2 (Sandler et al., arXiv 1801.04381) as a feature extractor.

Module names are those of torchvision's file (`features.N…`), so its ImageNet weights load unmapped.
The classifier and `features.18` do not exist here: the last tap is `features.17`.
"""

from __future__ import annotations

from torch import Tensor, nn

from .stages import StagedBackbone

# (expansion, channels, repetitions, stride of the first), table 2 of the MobileNetV2 paper.
SETTINGS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
# One past the last layer of each stage: strides 4, 8, 16, 32.
STAGE_ENDS = (4, 7, 14, 18)


def conv_norm_relu6(inputs: int, outputs: int, kernel: int, stride: int = 1,
                    groups: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Expand (1x1), filter (depthwise 3x3), project (1x1, linear)."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(conv_norm_relu6(inputs, hidden, 1))
        layers += [
            conv_norm_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(StagedBackbone):
    """Width 1.0; taps at strides 8, 16 and 32."""

    channels = (32, 96, 320)

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_norm_relu6(3, 32, 3, stride=2)]
        width = 32
        for expansion, outputs, count, stride in SETTINGS:
            for index in range(count):
                layers.append(InvertedResidual(width, outputs, stride if index == 0 else 1,
                                               expansion))
                width = outputs
        self.features = nn.Sequential(*layers)

    def stage_modules(self, index: int) -> list[nn.Module]:
        return list(self.features[STAGE_ENDS[index - 1] if index else 0:STAGE_ENDS[index]])

    def stage(self, index: int, x: Tensor) -> Tensor:
        for layer in self.stage_modules(index):
            x = layer(x)
        return x

    def branch_norms(self) -> list[nn.BatchNorm2d]:
        """The last batch norm of every residual branch."""
        return [layer.conv[-1] for layer in self.features
                if isinstance(layer, InvertedResidual) and layer.residual]

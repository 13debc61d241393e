"""Compares the final boxes of an exported checkpoint with its origin's own way, from the picture on.

Each origin's names, options and file hold a small network of ours; PyTorch runs it between the origin's resizing and
decoder. `tools/checkpoints` does the same with the origins' packages and whole networks.
"""

import functools
import pathlib
import pickle
import subprocess

import numpy as np
import origin_decoders as decoders
import origin_pictures as origins
import pytest
import torch
import weight_names
from conventions import COCO
from detection_compare import differences
from detector_library import Library
from libiou import ROOT
from pictures import picture

from train.model import Detector, randomise
from train.network_options import NetworkOptions

SHORT, LONG = 160, 270
SIZES = [(75, 111), (131, 71), (61, 190)]
ROUNDING = 1e-5  # scores that close may be in any order
FEW = 5  # boxes: fewer would test little


def network(classes: int, resize, multiple: int, **options) -> Detector:
    """Its scores are spread so that some reach the threshold."""
    module = Detector("resnet18", classes, 32, options=NetworkOptions(**options), iou_head=False).eval()
    randomise(module, seed=3)
    outputs = [(module.bbox_head.retina_cls, 0.8, -4.5), (module.bbox_head.retina_reg, 0.2, 0.0)]
    maps = run(module, origins.padded(resize(picture(*SIZES[0]), SHORT, LONG), multiple))
    with torch.no_grad():
        for kind, (layer, spread, shift) in enumerate(outputs):
            found = np.concatenate([level[kind].ravel() for level in maps])
            layer.weight *= spread / float(found.std())
            layer.bias[:] = shift
    return module


def run(module: Detector, batch: np.ndarray) -> list:
    """Class and box maps [H, W, channels] of each level."""
    with torch.no_grad():
        classes, boxes, _ = module(torch.from_numpy(batch))
    return [[one[0].permute(1, 2, 0).numpy() for one in level] for level in zip(classes, boxes)]


def state_of(module: Detector) -> dict:
    return {name: tensor for name, tensor in module.state_dict().items() if "num_batches" not in name}


# ---- Origins -------------------------------------------------------------------------------------


def torchvision(path: pathlib.Path, version: int):
    options = dict(p6="p5", norm_epsilon=0.0) if version == 1 else dict(tower_norm="groupnorm32")
    module = network(91, origins.torchvision, 32, relu_before_p7=True, **options)
    unused = np.setdiff1d(np.arange(91), COCO)
    with torch.no_grad():
        module.bbox_head.retina_cls.bias.view(9, 91)[:, unused] = -20
    torch.save(weight_names.renamed(state_of(module), weight_names.TORCHVISION), path)
    words = ["--classes", "80"] + (["--bn-eps", "0"] if version == 1 else [])
    return module, words, origins.torchvision, decoders.torchvision, COCO


def detectron2(path: pathlib.Path):
    module = network(4, origins.detectron2, 32, relu_before_p7=True, bottleneck_stride="1x1")
    names = weight_names.renamed(state_of(module), weight_names.DETECTRON2)
    path.write_bytes(pickle.dumps({"model": {name: tensor.numpy() for name, tensor in names.items()}}))
    return module, ["--classes", "4"], origins.detectron2, decoders.detectron2, range(4)


def odtk(path: pathlib.Path):
    module = network(4, origins.odtk, 128, relu_before_p7=True)
    state = weight_names.renamed(state_of(module), weight_names.odtk("ResNet18FPN"))
    torch.save({"backbone": ["ResNet18FPN"], "classes": 4, "state_dict": state}, path)

    def decode(maps, *sizes):
        return decoders.odtk([(decoders.sigmoid(cls), box) for cls, box in maps], *sizes, short=SHORT, long=LONG)

    return module, ["--classes", "4"], origins.odtk, decode, range(4)


def mmdetection(path: pathlib.Path, version: int):
    module = network(4, origins.mmdetection, 32)
    torch.save({"meta": {"epoch": 12}, "state_dict": state_of(module)}, path,
               _use_new_zipfile_serialization=version > 1)
    decode = decoders.mmdetection
    if version == 1:
        decode = functools.partial(decoders.mmdetection1, short=SHORT, long=LONG)
    words = ["--classes", "4", "--convention", "legacy" if version == 1 else "mmdetection"]
    return module, words, origins.mmdetection, decode, range(4)


ORIGINS = {
    "torchvision 1": (functools.partial(torchvision, version=1), ".pth"),
    "torchvision 2": (functools.partial(torchvision, version=2), ".pth"),
    "detectron2": (detectron2, ".pkl"),
    "odtk": (odtk, ".pth"),
    "mmdetection 1": (functools.partial(mmdetection, version=1), ".pth"),
    "mmdetection 3": (functools.partial(mmdetection, version=3), ".pth"),
}


@pytest.mark.parametrize("name", ORIGINS)
def test_final_boxes(name, tally, tmp_path):
    origin, ending = ORIGINS[name]
    weights, model = tmp_path / f"weights{ending}", tmp_path / "model.onnx"
    module, words, resize, decode, labels = origin(weights)
    command = [ROOT / ".build/release/iouc", "export", model, "--backbone", "resnet18", "--fpn-channels", "32",
               "--no-iou-head", "--weights", weights, "--short-side", str(SHORT), "--long-side", str(LONG), *words]
    subprocess.run(command, check=True, capture_output=True, text=True)
    library = Library(model.read_bytes())
    for size in SIZES:
        pixels = np.ascontiguousarray(picture(*size))
        resized = resize(pixels, SHORT, LONG)
        batch = origins.padded(resized, origins.MULTIPLE[name.split()[0]])
        expected = [(box, score, score, float("nan"), list(labels).index(label))
                    for box, score, label in decode(run(module, batch), batch.shape[2:], resized.shape[:2], size)]
        found = [(*one[:3], float("nan"), one[4]) for one in library.run([pixels])[0]]
        few = f"{len(expected)} boxes" if len(expected) < FEW else ""
        tally.add(f"{name} {size}", few or differences(found, expected, ROUNDING) or "")

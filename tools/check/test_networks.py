"""Whole networks against ONNX Runtime on the same file and PyTorch on the same weights.

Every backbone, with the details of the network that weights of several origins have; batch 1 and 2, two sizes, every
instruction set of this processor, one and two threads, fused and node by node. The largest error must stay within 1e-4
of the output's range, and the bits must not depend on the number of threads. Then what `train export` says of a
detector: `iouc export` needs no more.
"""

import pathlib
import subprocess
import sys

import libiou
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from libiou import ROOT
from safetensors.torch import save_file
from tally import Tally

from train.backbone import BACKBONES
from train.config import FitOptions
from train.config_file import plain, with_values
from train.facts import TrainingFacts
from train.files import export as write_weights
from train.files import save_weights
from train.model import Detector, randomise
from train.network_options import NetworkOptions

TOLERANCE = 1e-4
ORIGINS = {
    "authors": NetworkOptions(),
    "torchvision 1": NetworkOptions(p6="p5", relu_before_p7=True, norm_epsilon=0.0),
    "torchvision 2": NetworkOptions(relu_before_p7=True, tower_norm="groupnorm32"),
    "detectron2": NetworkOptions(relu_before_p7=True, bottleneck_stride="1x1"),
}
# Backbone, origin, channels of the pyramid, number of sizes.
QUICK = (("mobilenetv2", "authors", 128, 2), ("resnet18", "authors", 256, 2), ("resnet50", "authors", 256, 2),
         ("resnet34", "torchvision 1", 32, 1), ("resnet18", "torchvision 2", 64, 1),
         ("resnet101", "detectron2", 32, 1), ("resnext101-32x4d", "authors", 32, 1))
SHAPES = ((1, 96, 128), (2, 75, 100))
LONG_SHAPES = ((1, 192, 256), (2, 160, 224), (3, 33, 57))
CLASSES = 3


def export_options(options: NetworkOptions, backbone: str) -> list[str]:
    """The words of `iouc export` for a network."""
    words = ["--p6", options.p6, "--relu-before-p7" if options.relu_before_p7 else "--no-relu-before-p7",
             "--bn-eps", str(options.norm_epsilon), "--tower-norm", options.tower_norm]
    if backbone not in ("mobilenetv2", "resnet18", "resnet34"):
        words += ["--bottleneck-stride", options.bottleneck_stride]
    return words


def make_network(backbone: str, origin: str, channels: int,
                 folder: pathlib.Path) -> tuple[Detector, pathlib.Path]:
    """The trainer's network with seeded weights that keep every output's range healthy, and its export.

    The initial class bias of -4.6 over nearly constant logits would compare float rounding, not networks.
    """
    options = ORIGINS[origin]
    network = Detector(backbone, CLASSES, channels, options=options).eval()
    randomise(network, seed=1)
    weights, path = folder / "weights.safetensors", folder / "model.onnx"
    save_file({n: t.contiguous() for n, t in network.state_dict().items()}, weights)
    subprocess.run([ROOT / ".build/release/iouc", "export", path, "--backbone", backbone, "--classes", str(CLASSES),
                    "--weights", weights, "--fpn-channels", str(channels),
                    *export_options(options, backbone)], check=True)
    return network, path


@torch.no_grad()
def pytorch_outputs(network: Detector, images: np.ndarray) -> dict[str, np.ndarray]:
    raw = network(torch.from_numpy(images))
    return {f"{kind}.p{level + 3}": tensor.permute(0, 2, 3, 1).contiguous().numpy()
            for kind, maps in zip(("cls_logits", "box_deltas", "iou_logits"), raw)
            for level, tensor in enumerate(maps)}


def error(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """The largest difference, in parts of each output's range."""
    worst = 0.0
    for name, reference in theirs.items():
        if ours[name].shape != reference.shape:
            return float("inf")
        span = float(reference.max() - reference.min()) or 1.0
        difference = float(np.abs(ours[name] - reference).max()) / span
        worst = max(worst, difference if np.isfinite(difference) else float("inf"))
    return worst


def variants(isas: list[str], full: bool):
    for isa in isas:
        for no_optimize in (False, True):
            if isa == "scalar" and no_optimize and not full:
                continue
            yield isa, no_optimize


def check_size(network: Detector, path: pathlib.Path, shape, isas: list[str], full: bool,
               tally: Tally) -> None:
    batch, height, width = shape
    images = np.random.default_rng(7).normal(0, 1, (batch, 3, height, width)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    peers = {"ONNX Runtime": dict(zip(names, session.run(None, {"images": images}))),
             "PyTorch": pytorch_outputs(network, images)}
    for isa, no_optimize in variants(isas, full):
        case = f"{batch}x3x{height}x{width} {isa}{' node by node' if no_optimize else ''}"
        runs = [libiou.Session(path, threads=threads, no_optimize=no_optimize, isa=isa).run({"images": images})
                for threads in (1, 2)]
        faults = [f"{error(runs[0], reference):.1e} of the range away from {peer}"
                  for peer, reference in peers.items() if not error(runs[0], reference) <= TOLERANCE]
        if any(runs[0][n].tobytes() != runs[1][n].tobytes() for n in names):
            faults.append("bits differ between one and two threads")
        tally.add(case, *faults)


SAID = (
    ("mobilenetv2", NetworkOptions(), 64, True, 0.4),
    ("resnet18", NetworkOptions(p6="p5", relu_before_p7=True), 32, True, 0.5),
    ("resnet34", NetworkOptions(tower_norm="groupnorm32", norm_epsilon=1e-3), 64, False, None),
    ("resnet50", NetworkOptions(bottleneck_stride="1x1"), 16, True, 1.0),
)


def train(*words) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "train", *words], cwd=ROOT / "tools" / "train", capture_output=True, text=True
    )


def iouc_export(path: pathlib.Path, weights: pathlib.Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ROOT / ".build/release/iouc", "export", path, "--weights", weights, *words], capture_output=True, text=True
    )


def check_said(folder: pathlib.Path, tally: Tally) -> None:
    """A file of weights says all that `iouc export` has to know, and options that contradict it are refused."""
    weights, path = folder / "said.safetensors", folder / "said.onnx"
    images = np.random.default_rng(3).normal(0, 1, (1, 3, 75, 100)).astype(np.float32)
    for backbone, options, channels, iou_head, alpha in SAID:
        network = Detector(backbone, 2, channels, options=options, iou_head=iou_head).eval()
        randomise(network, seed=4)
        write_weights(weights, network, ["red cell", "white cell"], TrainingFacts(320, 448, alpha, "attached"))
        outcome = iouc_export(path, weights)
        if outcome.returncode:
            tally.add(f"{backbone} says what it is", outcome.stderr)
            continue
        worst = error(libiou.Session(path, threads=1).run({"images": images}), pytorch_outputs(network, images))
        keys = {p.key: p.value for p in onnx.load(path).metadata_props}
        expected = {
            "iou.network.backbone": backbone,
            "iou.network.fpn_channels": str(channels),
            "iou.labels": "red cell\nwhite cell",
            "iou.input.resize": "short-long 320 448",
            "iou.network.p6": options.p6,
            "iou.network.tower_norm": options.tower_norm,
            "iou.network.relu_before_p7": "yes" if options.relu_before_p7 else "no",
            "iou.network.bn_eps": f"{options.norm_epsilon:g}",
            "iou.alpha": None if alpha is None else f"{alpha:g}",
            "iou.coder.half_pixel": "no",
            "iou.training.iou_target": "attached" if iou_head else None,
        }
        wrong = [f"{key} is {keys.get(key)}, not {value}" for key, value in expected.items()
                 if keys.get(key) != value and not (key.endswith("bn_eps") and float(keys[key]) == float(value))]
        tally.add(f"{backbone} says what it is", *wrong, *([] if worst <= TOLERANCE else ["differs from PyTorch"]))
    check_contradictions(folder, weights, tally)


def check_contradictions(folder: pathlib.Path, weights: pathlib.Path, tally: Tally) -> None:
    """Of the last of SAID; what repeats the file is taken."""
    path, labels = folder / "none.onnx", folder / "labels.txt"
    labels.write_text("red cell\nblue cell\n")
    for words, *named in (
        (("--backbone", "resnet18"), "resnet50", "resnet18"),
        (("--fpn-channels", "64"), "16", "64"),
        (("--classes", "3"), "2", "3"),
        (("--alpha", "0.5"), "iou.alpha 1", "0.5"),
        (("--short-side", "400"), "320", "400"),
        (("--long-side", "999"), "448", "999"),
        (("--convention", "legacy"), "edges", "legacy"),
        (("--p6", "p5"), "c5", "p5"),
        (("--bn-eps", "0"), "1e-05", "--bn-eps"),
        (("--relu-before-p7",), "no", "yes"),
        (("--tower-norm", "groupnorm32"), "none", "groupnorm32"),
        (("--bottleneck-stride", "3x3"), "1x1", "3x3"),
        (("--no-iou-head",), "iou_head yes", "--no-iou-head"),
        (("--training", "iou_target=detached"), "attached", "detached"),
        (("--labels", labels), "'white cell'", "'blue cell'", "label 2"),
    ):
        outcome = iouc_export(path, weights, *words)
        missing = [word for word in (str(weights), *named) if word not in outcome.stderr]
        good = outcome.returncode == 1 and len(outcome.stderr.splitlines()) == 1 and not missing and not path.exists()
        tally.add(f"contradiction {words[0]}", "" if good else f"{missing}: {outcome.stderr}")
    labels.write_text("red cell\nwhite cell\n")
    outcome = iouc_export(
        path,
        weights,
        "--backbone",
        "resnet50",
        "--labels",
        labels,
        "--alpha",
        "1",
        "--short-side",
        "320",
        "--training",
        "iou_target=attached",
        "--training",
        "data=cells",
    )
    keys = {p.key: p.value for p in onnx.load(path).metadata_props} if outcome.returncode == 0 else {}
    tally.add("repetitions are accepted", "" if keys.get("iou.training.data") == "cells" else outcome.stderr)


def check_notes(folder: pathlib.Path, tally: Tally) -> None:
    """Metadata that is no description of a detector, or a bad one."""
    path, weights = folder / "notes.onnx", folder / "notes.safetensors"
    network = Detector("resnet18", 2, 16).eval()
    state = {n: t.contiguous() for n, t in network.state_dict().items()}
    options = ("--backbone", "resnet18", "--classes", "2", "--fpn-channels", "16")
    save_file(state, weights, metadata={"format": "pt", "backbone": "R-18", "classes": "many"})
    tally.add("notes of others", iouc_export(path, weights, *options).stderr)
    for notes, *named in (
        ({"iou.alpha": "0.5"}, "iou.version", "missing"),
        ({"iou.version": "2"}, "'2'", "'1'"),
        ({"iou.version": "1", "iou.alhpa": "0.5"}, "iou.alhpa"),
        ({"iou.version": "1", "iou.alpha": "1.5"}, "1.5"),
        ({"iou.version": "1", "iou.input.resize": "short-long 9 3"}, "9 3"),
        ({"iou.version": "1", "iou.network.backbone": "vgg"}, "vgg"),
        ({"iou.version": "1", "iou.labels": ""}, "label 1"),
        ({"iou.version": "1", "iou.network.fpn_channels": "99999999999999999999"}, "fpn_channels"),
    ):
        save_file(state, weights, metadata=notes)
        outcome = iouc_export(path, weights, *options)
        missing = [word for word in named if word not in outcome.stderr]
        good = outcome.returncode == 1 and len(outcome.stderr.splitlines()) == 1 and not missing
        tally.add(f"bad notes {notes}", "" if good else f"{missing}: {outcome.stderr}")


def check_trained(folder: pathlib.Path, tally: Tally) -> None:
    """From a checkpoint to a model by two commands without an option twice."""
    network = Detector("resnet18", 3, 16).eval()
    randomise(network, seed=5)
    options = plain(with_values(FitOptions(), {"data.short": 96, "data.long": 128, "network.backbone": "resnet18",
                                               "loss.detach_iou_target": False}, "here"))
    checkpoint, weights, path = folder / "best.pt", folder / "trained.safetensors", folder / "trained.onnx"
    save_weights(checkpoint, network, 1, ["a", "b", "c"], options, alpha=0.6)
    for words, alpha in (((), "0.6"), (("--alpha", "0.3"), "0.3")):
        steps = [train("export", checkpoint, weights, *words), iouc_export(path, weights)]
        failed = [step.stderr for step in steps if step.returncode]
        keys = {p.key: p.value for p in onnx.load(path).metadata_props} if not failed else {}
        found = [keys.get(f"iou.{key}") for key in ("alpha", "input.resize", "labels", "training.iou_target")]
        tally.add(f"train export {' '.join(words)}", *failed[:1], *([] if failed or found == [
            alpha, "short-long 96 128", "a\nb\nc", "attached"] else [f"says {found}"]))


def full_matrix() -> list[tuple[str, str, int, int]]:
    """Every backbone as every origin has it; all sizes as the authors have it."""
    return [(backbone, origin, 128 if backbone == "mobilenetv2" else 256, 5 if origin == "authors" else 2)
            for backbone in BACKBONES for origin in ORIGINS]


def matrix() -> list:
    full = [pytest.param(*network, marks=pytest.mark.full) for network in full_matrix() if network not in QUICK]
    return [*QUICK, *full]


@pytest.mark.parametrize(("backbone", "origin", "channels", "sizes"), matrix())
def test_network(backbone, origin, channels, sizes, isas, full, tally, tmp_path):
    network, path = make_network(backbone, origin, channels, tmp_path)
    for shape in (SHAPES + LONG_SHAPES)[:sizes]:
        check_size(network, path, shape, isas, full, tally)


@pytest.mark.parametrize("check", [check_said, check_notes, check_trained])
def test_files_of_weights(check, tally, tmp_path):
    check(tmp_path, tally)

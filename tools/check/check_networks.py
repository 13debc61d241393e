"""Whole networks against ONNX Runtime on the same file and PyTorch on the same weights.

Every backbone, with the details of the network that weights of several origins have; batch 1 and 2, two sizes, every
instruction set of this processor, one and two threads, fused and node by node. The largest error must stay within 1e-4 of the output's range, and the bits must not depend on the
number of threads. Prints a line a case and "N passed, N failed" last; exits with 1 after a failure.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT / "tools" / "train")]

import libiou  # noqa: E402
from tally import Tally  # noqa: E402
from train.backbone import BACKBONES  # noqa: E402
from train.model import Detector, randomise  # noqa: E402
from train.network_options import NetworkOptions  # noqa: E402

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


def check_case(name: str, network: Detector, path: pathlib.Path, shape, isas: list[str], full: bool,
               tally: Tally) -> None:
    batch, height, width = shape
    images = np.random.default_rng(7).normal(0, 1, (batch, 3, height, width)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    peers = {"ONNX Runtime": dict(zip(names, session.run(None, {"images": images}))),
             "PyTorch": pytorch_outputs(network, images)}
    for isa, no_optimize in variants(isas, full):
        case = f"{name} {batch}x3x{height}x{width} {isa}{' node by node' if no_optimize else ''}"
        runs = [libiou.Session(path, threads=threads, no_optimize=no_optimize, isa=isa).run({"images": images})
                for threads in (1, 2)]
        faults = [f"{error(runs[0], reference):.1e} of the range away from {peer}"
                  for peer, reference in peers.items() if not error(runs[0], reference) <= TOLERANCE]
        if any(runs[0][n].tobytes() != runs[1][n].tobytes() for n in names):
            faults.append("bits differ between one and two threads")
        tally.add(f"{case} (error {max(error(runs[0], r) for r in peers.values()):.1e})", *faults)


def full_matrix() -> list[tuple[str, str, int, int]]:
    """Every backbone as every origin has it; all sizes as the authors have it."""
    return [(backbone, origin, 128 if backbone == "mobilenetv2" else 256, 5 if origin == "authors" else 2)
            for backbone in BACKBONES for origin in ORIGINS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more sizes, scalar node by node too")
    full = parser.parse_args().full
    torch.set_num_threads(2)
    tally = Tally()
    isas = libiou.available_isas()
    with tempfile.TemporaryDirectory() as folder:
        for backbone, origin, channels, sizes in full_matrix() if full else QUICK:
            network, path = make_network(backbone, origin, channels, pathlib.Path(folder))
            for shape in (SHAPES + LONG_SHAPES)[:sizes]:
                check_case(f"{backbone} of {origin}", network, path, shape, isas, full, tally)
    tally.finish()


if __name__ == "__main__":
    main()

"""`iouc optimize`: what it writes computes the same.

Detectors, small models of PyTorch's exporter, and clamps whose limits cross, are infinite, missing or NaN, of numbers
with NaN and infinities among them, are optimized with and without --fuse. Both results must agree with the plain file
in ONNX Runtime and in our runtime, fused and node by node, within 1e-5 of the output's range; optimizing again must
give the same bytes; what has standard operators only must agree in OpenVINO and OpenCV, within 1e-4.
"""

import pathlib
import subprocess

import cv2
import libiou
import numpy as np
import onnx
import onnxruntime
import openvino
import optimize_models
import pytest
from libiou import ROOT
from special_numbers import usual_numbers
from tally import Tally

IOUC = ROOT / ".build/release/iouc"
TOLERANCE, PEER_TOLERANCE = 1e-5, 1e-4
QUICK_BACKBONES = ("resnet18", "mobilenetv2")
BACKBONES = ("resnet34", "resnet50", "resnet101", "resnext101-32x4d")

onnxruntime.set_default_logger_severity(4)


def iouc(*arguments) -> None:
    done = subprocess.run([IOUC, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())


def run_onnxruntime(path: pathlib.Path, inputs: dict) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def run_ours(path: pathlib.Path, inputs: dict) -> list[np.ndarray]:
    return libiou.Session(path, threads=2).run_listed(inputs)


def run_ours_plainly(path: pathlib.Path, inputs: dict) -> list[np.ndarray]:
    return libiou.Session(path, threads=2, no_optimize=True).run_listed(inputs)


def run_openvino(path: pathlib.Path, inputs: dict) -> list[np.ndarray]:
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled(inputs)
    return [result[output] for output in compiled.outputs]


def run_opencv(path: pathlib.Path, inputs: dict) -> list[np.ndarray]:
    network = cv2.dnn.readNetFromONNX(str(path))
    for name, array in inputs.items():
        network.setInput(array, name)
    names = [o.name for o in onnxruntime.InferenceSession(str(path)).get_outputs()]
    return [network.forward(name) for name in names]


def error(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest difference beyond the last two bits of the largest value, in parts of each output's range.

    The class logits of a detector without training are -4.6 and hardly anything else: there, the last bit alone is
    a large part of the range.
    """
    worst = 0.0
    for a, b in zip(found, expected, strict=True):
        if a.shape != b.shape:
            return float("inf")
        usual = usual_numbers(a, b)
        if usual is None:
            return float("inf")
        a, b = usual
        if b.size == 0:
            continue
        span = float(b.max() - b.min()) or 1.0
        bits = 4 * float(np.spacing(np.abs(b).max()))
        difference = max(0.0, float(np.abs(a - b).max()) - bits) / span
        worst = max(worst, difference if np.isfinite(difference) else float("inf"))
    return worst


def check(case: str, plain: pathlib.Path, inputs: list[dict], peers: bool, tally: Tally) -> None:
    """Optimizes `plain` both ways, beside it, and compares on every input."""
    for arguments in ((), ("--fuse",)):
        faults = []
        path = plain.with_suffix(".fused.onnx" if arguments else ".optimized.onnx")
        again = plain.with_suffix(".again.onnx")
        try:
            iouc("optimize", plain, path, *arguments)
            iouc("optimize", path, again, *arguments)
            if path.read_bytes() != again.read_bytes():
                faults.append("optimizing again changes the file")
            runners = [("ONNX Runtime", run_onnxruntime, TOLERANCE), ("ours", run_ours, TOLERANCE),
                       ("ours node by node", run_ours_plainly, TOLERANCE)]
            if peers and not arguments:
                runners += [("OpenVINO", run_openvino, PEER_TOLERANCE), ("OpenCV", run_opencv, PEER_TOLERANCE)]
            for given in inputs:
                expected = run_onnxruntime(plain, given)
                for name, runner, tolerance in runners:
                    found = error(runner(path, given), expected)
                    if not found <= tolerance:
                        faults.append(f"{name} is {found:.1e} of the range away")
        except Exception as problem:  # noqa: BLE001 - whatever fails is the case's fault
            faults.append(str(problem).splitlines()[0])
        tally.add(case + (" fused" if arguments else ""), *faults)


def detector(path: pathlib.Path, backbone: str, *words: str) -> pathlib.Path:
    iouc("export", path, "--backbone", backbone, "--seed", "1", "--classes", "5", "--fpn-channels", "64", *words)
    return path


@pytest.mark.parametrize("backbone", [*QUICK_BACKBONES, *(pytest.param(b, marks=pytest.mark.full) for b in BACKBONES)])
def test_detectors(backbone, tally, tmp_path):
    rng = np.random.default_rng(1)
    inputs = [{"images": rng.normal(0, 1, shape).astype(np.float32)} for shape in ((1, 3, 96, 128), (2, 3, 75, 100))]
    check("any size", detector(tmp_path / "any.onnx", backbone), inputs, False, tally)
    check("fixed", detector(tmp_path / "fixed.onnx", backbone, "--input", "96x128"), inputs[:1], True, tally)


@pytest.mark.parametrize("opset", [pytest.param(o, marks=[] if o in (11, 17) else pytest.mark.full)
                                   for o in (9, 11, 13, 17, 18, 20)])
@pytest.mark.parametrize("name", optimize_models.modules())
def test_modules(name, opset, tally, tmp_path):
    rng = np.random.default_rng(2)
    for dynamic in (False, True):
        path = tmp_path / f"module{dynamic}.onnx"
        path.write_bytes(optimize_models.exported(optimize_models.modules()[name], opset, dynamic))
        shapes = [(1, 8, 9, 10)] + ([(3, 8, 12, 7)] if dynamic else [])
        inputs = [{"x": rng.normal(0, 2, shape).astype(np.float32)} for shape in shapes]
        check("dynamic" if dynamic else "fixed", path, inputs, not dynamic, tally)


def check_graphs(folder: pathlib.Path, tally: Tally) -> None:
    rng = np.random.default_rng(3)
    for make in (optimize_models.with_function, optimize_models.with_branch):
        path = folder / f"{make.__name__}.onnx"
        path.write_bytes(make())
        positive = rng.normal(0, 1, (2, 8, 6, 5)).astype(np.float32)
        check(make.__name__.replace("_", " "), path, [{"x": positive}, {"x": -np.abs(positive)}], False, tally)


def check_clamps(folder: pathlib.Path, tally: Tally) -> None:
    for form in optimize_models.CLAMPS:
        for opset in (10, 17):
            path = folder / f"{form.replace(' ', '-')}-{opset}.onnx"
            data, inputs = optimize_models.clamps(form, opset)
            path.write_bytes(data)
            check(f"{form} opset {opset}", path, [inputs], False, tally)


def check_head(folder: pathlib.Path, tally: Tally) -> None:
    """Every constant that may be fed is fed, and left out again."""
    rng = np.random.default_rng(4)
    path = folder / "odd-head.onnx"
    path.write_bytes(optimize_models.with_odd_head())
    x = {"x": rng.normal(0, 1, (2, 8, 6, 5)).astype(np.float32)}
    fed = {"w": rng.normal(0, 1, (8, 8, 2, 4)).astype(np.float32), "same": rng.normal(0, 1, 8).astype(np.float32),
           "s": np.array([1, 3, -2])}
    check("odd head", path, [x, x | fed, *[x | {name: array} for name, array in fed.items()], x], False, tally)
    # ONNX Runtime takes a declared 0 for a size; what is written has none.
    made = onnx.load(path)
    made.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 0
    zero = folder / "zero.onnx"
    onnx.save(made, zero)
    iouc("optimize", zero, zero)
    tally.add(
        "dimension 0",
        *[
            "differs"
            for found, expected in zip(run_onnxruntime(zero, x), run_onnxruntime(path, x), strict=True)
            if not np.array_equal(found, expected)
        ],
    )


def check_overflowing(folder: pathlib.Path, tally: Tally) -> None:
    for name, data in optimize_models.overflowing().items():
        path = folder / "overflowing.onnx"
        path.write_bytes(data)
        done = subprocess.run([IOUC, "optimize", path, path.with_suffix(".out")], capture_output=True, text=True,
                              timeout=60)
        lines = done.stderr.strip().splitlines()
        clean = (done.returncode, len(lines)) in ((0, 0), (1, 1))
        tally.add(f"overflowing {name}", "" if clean else f"exit {done.returncode}: {done.stderr[-200:]}")


@pytest.mark.parametrize("group", [check_overflowing, check_graphs, check_clamps, check_head])
def test_graphs(group, tally, tmp_path):
    group(tmp_path, tally)

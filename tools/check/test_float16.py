"""`iouc quantize --to float16`: weights of 16 bits, in files that others run.

Networks with the parts of detectors, the shipped detector and exported ones: the file's outputs must be within 2e-3 of
the float32 model's range, in ONNX Runtime, OpenVINO and our runtime, with ends in float32 and in float16 (whose own
rounding comes on top).
"""

import json
import pathlib
import subprocess

import detector_networks
import float16_forms
import libiou
import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
from libiou import ROOT
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

IOUC = ROOT / ".build/release/iouc"
SHIPPED = ROOT / "models/blood-cells.onnx"
PICTURE = ROOT / "Examples/smear.png"
TOLERANCE = 2e-3  # of the float32 model's range, that of all levels where a head has several
SHIPPED_TOLERANCE = 4e-3  # fifty layers, trained: some weights are large and cancel
RANDOM = np.random.default_rng(16)

onnxruntime.set_default_logger_severity(4)


def iouc(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([IOUC, *map(str, arguments)], capture_output=True, text=True, check=False)


def converted(source: pathlib.Path, *options: str) -> pathlib.Path:
    to = source.with_name(f"{source.stem}-16.onnx")
    done = iouc("quantize", source, to, "--to", "float16", *options)
    assert done.returncode == 0, done.stderr
    onnx.checker.check_model(onnx.load(to), full_check=True)
    return to


# ---- Who runs the files ---------------------------------------------------------------------------------------------


def run_onnxruntime(path: pathlib.Path, images: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images})


def run_openvino(path: pathlib.Path, images: np.ndarray) -> list[np.ndarray]:
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled({"images": images})
    return [result[output] for output in compiled.outputs]


def run_ours(path: pathlib.Path, images: np.ndarray) -> list[np.ndarray]:
    return libiou.Session(path, threads=2).run_listed({"images": images})


RUNNERS = {"ONNX Runtime": run_onnxruntime, "OpenVINO": run_openvino, "libiou": run_ours}


def spread(output: np.ndarray, outputs: list[np.ndarray]) -> float:
    """The range of an output, and of those that are its like."""
    alike = [one for one in outputs if (one.ndim, one.shape[-1], one.dtype) == (
        output.ndim, output.shape[-1], output.dtype)]
    return max(one.max() for one in alike) - min(one.min() for one in alike)


def compare(source: pathlib.Path, images: np.ndarray, tally, tolerance: float = TOLERANCE) -> None:
    """Both forms of the file, everywhere, against the float32 model."""
    expected = run_onnxruntime(source, images)
    for options, kind in (((), np.float32), (("--io", "float16"), np.float16)):
        path = converted(source, *options)
        for who, run in RUNNERS.items():
            for index, (found, reference) in enumerate(zip(run(path, images.astype(kind)), expected, strict=True)):
                place = f"{source.stem}, output {index} in {who}, ends in {kind.__name__}"
                if reference.dtype != np.float32:
                    tally.add(place, None if found.dtype == reference.dtype else f"its type is {found.dtype}")
                    continue
                rounding = np.abs(reference).max() * np.finfo(np.float16).eps if kind == np.float16 else 0
                error = (np.abs(found.astype(np.float32) - reference).max() - rounding) / spread(reference, expected)
                wrong = found.dtype != kind or not error < tolerance
                tally.add(place, f"{found.dtype}, off by {error:.1e}" if wrong else None)


# ---- Networks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in detector_networks.NETWORKS if "end" not in name])
def test_networks(name: str, tmp_path: pathlib.Path, tally):
    path = tmp_path / f"{name}.onnx"
    network = detector_networks.seeded(detector_networks.NETWORKS[name]())
    path.write_bytes(detector_networks.exported(network, (1, 3, 64, 96), dynamic=False))
    compare(path, RANDOM.random((1, 3, 64, 96), np.float32), tally)


def test_shipped_model(tmp_path: pathlib.Path, tally):
    """It is half as large, and its metadata stays."""
    path = tmp_path / "shipped.onnx"
    path.write_bytes(SHIPPED.read_bytes())
    picture = np.asarray(Image.open(PICTURE).convert("RGB").resize((256, 192)), np.float32)
    compare(path, ((picture - picture.mean((0, 1))) / 57).transpose(2, 0, 1)[None], tally, SHIPPED_TOLERANCE)
    made = converted(path)
    assert made.stat().st_size < 0.55 * path.stat().st_size
    assert iouc("inspect", "--metadata", made).stdout == iouc("inspect", "--metadata", path).stdout
    again = made.read_bytes()
    assert converted(path).read_bytes() == again


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv2"])
def test_exported_models(backbone: str, tmp_path: pathlib.Path, tally):
    path = tmp_path / f"{backbone}.onnx"
    assert iouc("export", path, "--seed", 1, "--backbone", backbone).returncode == 0
    compare(path, RANDOM.normal(size=(1, 3, 64, 96)).astype(np.float32), tally)


def detections(model: pathlib.Path) -> list[dict]:
    """Those of a picture that are not doubtful."""
    done = subprocess.run([ROOT / ".build/release/iourun", model, PICTURE, "--json", "-"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [one for one in json.loads(done.stdout)["images"][0]["detections"] if one["score"] > 0.5]


def test_detections(tmp_path: pathlib.Path):
    """The same boxes in the command-line tool."""
    path = tmp_path / "shipped.onnx"
    path.write_bytes(SHIPPED.read_bytes())
    expected = detections(path)
    assert expected
    for options in ((), ("--io", "float16")):
        found = detections(converted(path, *options))
        for one in expected:
            near = [other for other in found if other["label"] == one["label"]
                    and np.abs(np.subtract(other["box"], one["box"])).max() < 0.5]
            assert near and abs(near[0]["score"] - one["score"]) < 0.01


# ---- Decisions ------------------------------------------------------------------------------------------------------


def test_forms():
    """What the compiler knows of ONNX's types is what the schemas say."""
    assert float16_forms.TABLE.read_text() == float16_forms.table(), "run tools/check/references/float16_forms.py"


def small(nodes, constants, type_of_x=TensorProto.FLOAT, opset=17) -> bytes:
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("images", type_of_x, [1, 4, 6, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 6, 5])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


CONV = helper.make_node("Conv", ["a", "w"], ["y"], "conv")
WEIGHT = RANDOM.normal(size=(3, 4, 1, 1)).astype(np.float32)


def test_numbers_beyond_the_range(tmp_path: pathlib.Path):
    """A mask of the lowest float, and what keeps a divisor from zero: infinities and NaN would come out."""
    nodes = [helper.make_node("Greater", ["images", "low"], ["seen"]),
             helper.make_node("Where", ["seen", "images", "mask"], ["masked"]),
             helper.make_node("Clip", ["masked", "", "top"], ["bounded"]),
             helper.make_node("Softmax", ["bounded"], ["shares"], axis=1),
             helper.make_node("Sub", ["shares", "shares"], ["zero"]),
             helper.make_node("Add", ["zero", "tiny"], ["divisor"]),
             helper.make_node("Div", ["divisor", "divisor"], ["one"]),
             helper.make_node("Mul", ["shares", "one"], ["a"]), CONV]
    largest = np.finfo(np.float32).max
    constants = {"low": np.float32(-0.5), "mask": np.float32(-largest), "top": np.float32(largest),
                 "tiny": np.float32(1e-9), "w": WEIGHT}
    path = tmp_path / "small.onnx"
    path.write_bytes(small(nodes, constants))
    images = RANDOM.normal(size=(1, 4, 6, 5)).astype(np.float32)
    expected = run_onnxruntime(path, images)[0]
    for run in RUNNERS.values():
        found = run(converted(path), images)[0]
        assert np.abs(found - expected).max() < TOLERANCE * np.ptp(expected)


def refusals() -> dict[str, tuple[bytes, str]]:
    half = numpy_helper.from_array(WEIGHT.astype(np.float16), "w")
    quantized = [helper.make_node("QuantizeLinear", ["images", "s"], ["q"], "first"),
                 helper.make_node("DequantizeLinear", ["q", "s"], ["a"], "second"), CONV]
    into = [helper.make_node("Cast", ["images"], ["a"], to=TensorProto.FLOAT16),
            helper.make_node("Conv", ["a", "w"], ["c"]), helper.make_node("Cast", ["c"], ["y"], to=TensorProto.FLOAT)]
    return {
        "float16 already": (small(into, {"w": numpy_helper.to_array(half)}), "'w': expected a model of float32, found "
                            "float16"),
        "quantized already": (small(quantized, {"s": np.float32(0.1), "w": WEIGHT}),
                              "node 'first' (QuantizeLinear): expected a model of floats, found one that is quantized "
                              "already"),
        "no products": (small([helper.make_node("Relu", ["images"], ["y"], "relu")], {}),
                        "expected convolutions or matrix products of float32 that depend on each other, found none"),
        "no model": (b"nothing of the kind", ""),
    }


@pytest.mark.parametrize("name", refusals())
def test_refusals(name: str, tmp_path: pathlib.Path):
    """One line, and no file."""
    content, text = refusals()[name]
    path, to = tmp_path / "in.onnx", tmp_path / "out.onnx"
    path.write_bytes(content)
    done = iouc("quantize", path, to, "--to", "float16")
    assert done.returncode == 1 and not to.exists()
    assert len(done.stderr.splitlines()) == 1 and text in done.stderr

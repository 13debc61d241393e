"""`iouc quantize` on the shipped detector: the file in ONNX Runtime and in the tools, box by box.

A number between two quanta may be rounded to either by each of them, and the network carries that on: boxes of one
are matched with the other's by overlap, and few may be without a match.
"""

import json
import os
import pathlib
import subprocess

import cv2
import numpy as np
import onnx
import pytest
from detector_path import metadata_of, run_reference
from libiou import ROOT

DATA = pathlib.Path(os.environ.get("BCCD_VAL", ROOT.parent / "shared/data/bccd/val"))
MODEL, SHIPPED = ROOT / "models/blood-cells.onnx", ROOT / "models/blood-cells-int8.onnx"
SURE = 0.5  # score: most boxes below it hold nothing


def run(tool, *arguments):
    result = subprocess.run([ROOT / ".build/release" / tool, *map(str, arguments)], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """From the drawn smears."""
    path = tmp_path_factory.mktemp("quantize") / "int8.onnx"
    run("iouc", "quantize", MODEL, path, "--images", ROOT / "Examples", "--count", 2, "--method", "minmax")
    return path


def pictures():
    """Of blood where they are there, else drawn ones."""
    folder = DATA / "images" if DATA.exists() else ROOT / "Examples"
    return sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))[:4]


def overlap(one, other):
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = np.prod(np.maximum(high - low, 0))
    return shared / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - shared)


def unmatched(boxes, others):
    """The share of boxes that no other of the same class lies on."""
    lonely = [box for box, label in boxes
              if max((overlap(box, other) for other, kind in others if kind == label), default=0) < 0.8]
    return len(lonely) / max(len(boxes), 1)


def found_by_tools(model, files):
    page = json.loads(run("iourun", model, *files, "--json", "-", "--score-threshold", SURE))
    return [[(np.array(one["box"]), one["class"]) for one in image["detections"]] for image in page["images"]]


def found_by_onnxruntime(model, files):
    data = model.read_bytes()
    shown = [np.ascontiguousarray(cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1]) for file in files]
    metadata = metadata_of(onnx.load_from_string(data))
    return [[(np.array(one[0]), one[4]) for one in run_reference(metadata, data, [pixels], score_threshold=SURE)[0]]
            for pixels in shown]


@pytest.mark.parametrize("name", ["quantized", "shipped"])
def test_boxes(name, request, tally):
    model = SHIPPED if name == "shipped" else request.getfixturevalue("quantized")
    files = pictures()
    ours, theirs = found_by_tools(model, files), found_by_onnxruntime(model, files)
    for file, one, other in zip(files, ours, theirs):
        tally.add(file.name, None if len(one) > 3 else f"{len(one)} boxes test little",
                  *(f"{share:.2f} of the boxes are without a match" if share > 0.1 else None
                    for share in (unmatched(one, other), unmatched(other, one))))


@pytest.mark.parametrize("name", ["quantized", "shipped"])
def test_file(name, request):
    """Valid, standard operators, the same interface and metadata; weights are bytes."""
    path = SHIPPED if name == "shipped" else request.getfixturevalue("quantized")
    model, real = onnx.load(path), onnx.load(MODEL)
    onnx.checker.check_model(model, full_check=True)
    assert {node.domain for node in model.graph.node} == {""}
    assert metadata_of(model) == metadata_of(real)
    for ends in ("input", "output"):
        assert [str(end) for end in getattr(model.graph, ends)] == [str(end) for end in getattr(real.graph, ends)]
    assert path.stat().st_size < 0.4 * MODEL.stat().st_size
    bytes_of = {t.name: t.data_type for t in model.graph.initializer}
    kinds = [bytes_of[node.input[0]] for node in model.graph.node
             if node.op_type == "DequantizeLinear" and node.input[0] in bytes_of]
    assert set(kinds) == {onnx.TensorProto.INT8, onnx.TensorProto.INT32}


@pytest.mark.skipif(not (DATA / "annotations.json").exists(), reason=f"{DATA} is absent")
def test_average_precision():
    """Within 0.003 of the float detector's, on all pictures."""
    scores = [json.loads(run("iourun", "eval", model, "--images", DATA / "images", "--annotations",
                             DATA / "annotations.json", "--json", "-"))["coco"]["AP"] for model in (MODEL, SHIPPED)]
    assert scores[1] > scores[0] - 0.003, scores

"""`iouc quantize` on the shipped detector: the file in ONNX Runtime and in the tools, box by box.

A number between two quanta may be rounded to either by each of them, and the network carries that on: boxes of one
are matched with the other's by overlap, and few may be without a match.
"""

import json
import os
import pathlib
import re
import subprocess

import cv2
import detection_reference as reference
import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
from detector_path import metadata_of, resize, run_reference
from libiou import ROOT, Session

DATA = pathlib.Path(os.environ.get("BCCD_VAL", ROOT.parent / "shared/data/bccd/val"))
MODEL, SHIPPED = ROOT / "models/blood-cells.onnx", ROOT / "models/blood-cells-int8.onnx"
SURE = 0.5  # score: most boxes below it hold nothing


def run(tool, *arguments):
    result = subprocess.run([ROOT / ".build/release" / tool, *map(str, arguments)], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def quantized(folder):
    """From drawn smears, which are looked at small, so that it takes seconds."""
    small, path = folder / "small.onnx", folder / "int8.onnx"
    model = onnx.load(MODEL)
    set_resize(model, "short-long 160 224")
    onnx.save(model, small)
    run("iouc", "quantize", small, path, "--images", ROOT / "Examples", "--count", 3)
    model = onnx.load(path)
    set_resize(model, metadata_of(onnx.load(MODEL))["iou.input.resize"])
    onnx.save(model, path)
    return path


def set_resize(model, value):
    next(entry for entry in model.metadata_props if entry.key == "iou.input.resize").value = value


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


def check_file(model):
    """Valid, standard operators, the same interface and metadata; weights are bytes."""
    written, real = onnx.load(model), onnx.load(MODEL)
    onnx.checker.check_model(written, full_check=True)
    assert {node.domain for node in written.graph.node} == {""}
    assert metadata_of(written) == metadata_of(real)
    for ends in ("input", "output"):
        assert [str(end) for end in getattr(written.graph, ends)] == [str(end) for end in getattr(real.graph, ends)]
    assert model.stat().st_size < 0.4 * MODEL.stat().st_size
    bytes_of = {t.name: t.data_type for t in written.graph.initializer}
    kinds = [bytes_of[node.input[0]] for node in written.graph.node
             if node.op_type == "DequantizeLinear" and node.input[0] in bytes_of]
    assert set(kinds) == {onnx.TensorProto.INT8, onnx.TensorProto.INT32}


@pytest.mark.parametrize("case", ["shipped", "made"])
def test_model(case, tmp_path, tally):
    model, most = (SHIPPED, 0.1) if case == "shipped" else (quantized(tmp_path), 0.2)
    check_file(model)
    files = pictures()
    ours, theirs = found_by_tools(model, files), found_by_onnxruntime(model, files)
    for file, one, other in zip(files, ours, theirs):
        tally.add(file.name, None if len(one) > 3 else f"{len(one)} boxes test little",
                  *(f"{share:.2f} of the boxes are without a match" if share > most else None
                    for share in (unmatched(one, other), unmatched(other, one))))


def decibels(exact, found):
    exact, found = exact.astype(np.float64), found.astype(np.float64)
    return 10 * np.log10((exact ** 2).sum() / ((exact - found) ** 2).sum())


def test_runtimes(tally):
    """Each runtime rounds in its own way, and is as near to the float network as the file node by node. Maps of a few
    cells tell nothing."""
    real, data = MODEL.read_bytes(), SHIPPED.read_bytes()
    pixels = np.ascontiguousarray(cv2.imread(str(ROOT / "Examples/smear.png"))[..., ::-1])
    image = reference.preprocess(metadata_of(onnx.load_from_string(data)), [pixels], resize).astype(np.float32)
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    sessions = [onnxruntime.InferenceSession(*made, providers=["CPUExecutionProvider"])
                for made in ((real, None), (data, plain), (data, None))]
    names = [output.name for output in sessions[0].get_outputs()]
    exact, plainly, theirs = (dict(zip(names, session.run(None, {"images": image}))) for session in sessions)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(data), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled([image])
    others = {"ONNX Runtime": theirs, "OpenVINO": {output.any_name: result[output] for output in compiled.outputs},
              "libiou": Session(data).run({"images": image})}
    for name in (name for name in names if name[-2:] in ("p3", "p4", "p5")):
        expected = decibels(exact[name], plainly[name])
        for runtime, found in others.items():
            reached = decibels(exact[name], found[name])
            tally.add(f"{name}, {runtime}", None if reached > expected - 2 else f"{reached:.1f} dB, not {expected:.1f}")


@pytest.mark.skipif(not (DATA / "annotations.json").exists(), reason=f"{DATA} is absent")
def test_average_precision():
    """On all pictures: the card's, and within 0.003 of the float detector's, which test_accuracy.py measures."""
    card = dict(re.findall(r"^\| (float32|int8) \| ([\d.]+) \|", SHIPPED.with_suffix(".md").read_text(), re.MULTILINE))
    found = json.loads(run("iourun", "eval", SHIPPED, "--images", DATA / "images", "--annotations",
                           DATA / "annotations.json", "--json", "-"))["coco"]["AP"]
    assert abs(found - float(card["int8"])) < 0.002, found
    assert found > float(card["float32"]) - 0.003, found

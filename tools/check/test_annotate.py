"""iouc annotate with the example of the documentation, on a plain RetinaNet as others export it.

The model is an export without metadata whose maps leave the graph as NCHW under other names. With the metadata of
Examples/plain-retinanet.txt it must find what the export itself finds.
"""

import json
import pathlib
import subprocess

import onnx
from libiou import ROOT

BIN = ROOT / ".build/release"
NAMES = {"cls_logits": "class_map", "box_deltas": "box_map"}


def call(*arguments) -> str:
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True).stdout


def make_foreign(model: onnx.ModelProto) -> None:
    """Strips metadata, cuts the transposes before the outputs, and renames inputs and outputs."""
    graph = model.graph
    del model.metadata_props[:]
    producers = {name: node for node in graph.node for name in node.output}
    for output in graph.output:
        kind, level = output.name.split(".p")
        transpose = producers[output.name]
        assert transpose.op_type == "Transpose"
        graph.node.remove(transpose)
        name = f"{NAMES[kind]}_{int(level) - 3}"
        producers[transpose.input[0]].output[0] = name
        output.name = name
        for side in list(output.type.tensor_type.shape.dim)[1:]:
            side.Clear()
    graph.input[0].name = "pixels"
    for node in graph.node:
        for i, name in enumerate(node.input):
            if name == "images":
                node.input[i] = "pixels"
    del graph.value_info[:]
    onnx.checker.check_model(model)


def detections(model: pathlib.Path, picture: pathlib.Path) -> list:
    text = call(BIN / "iourun", model, picture, "--json", "-", "--score-threshold", "0.001")
    return json.loads(text)["images"][0]["detections"]


def test_annotate(tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\nbird\n", encoding="utf-8")
    call(BIN / "iouc", "export", tmp_path / "own.onnx", "--backbone", "mobilenetv2", "--no-iou-head", "--labels",
         tmp_path / "labels.txt", "--seed", "4")
    foreign = onnx.load(tmp_path / "own.onnx")
    make_foreign(foreign)
    onnx.save(foreign, tmp_path / "foreign.onnx")
    call(BIN / "iouc", "annotate", tmp_path / "foreign.onnx", tmp_path / "theirs.onnx", "--metadata",
         ROOT / "Examples/plain-retinanet.txt")
    picture = ROOT / "Examples/smear.png"
    own = detections(tmp_path / "own.onnx", picture)
    assert own
    assert detections(tmp_path / "theirs.onnx", picture) == own
    assert onnx.load(tmp_path / "theirs.onnx").graph == foreign.graph

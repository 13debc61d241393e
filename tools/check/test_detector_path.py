"""Compares iou_detector_run, from pixels to boxes, with ONNX Runtime between the references.

The reference preprocesses the picture and decodes the maps that ONNX Runtime computes, so nothing
of the library is on the other side. Small networks of each convention, with channels first and
last, with and without an IoU and an objectness map, on a picture of 800 x 1066 and on batches of
small odd ones; and a detector of torchvision's convention as iouc exports it.
"""

import subprocess
import tempfile

import detection_reference as reference
import numpy as np
import onnx
import onnxruntime
import pytest
from conventions import convention
from detect_test_hooks import ROOT
from detection_metadata import STRIDES
from detector_library import Library
from detector_path import KINDS, compare, metadata_of
from onnx import TensorProto, helper, numpy_helper
from pictures import picture

ANCHORS, CLASSES, FEATURES = 9, 3, 8
LARGE, SMALL = [(800, 1066)], [(75, 111), (131, 71)]


# ---- Networks ------------------------------------------------------------------------------------


class Network:
    """A backbone and heads of one convolution a level, for the metadata's layouts and kinds."""

    def __init__(self, metadata, kinds, shift):
        self.metadata, self.shift, self.random = metadata, shift, np.random.default_rng(1)
        self.nodes, self.tensors, self.outputs = [], [], []
        self.pixels_last = metadata["iou.input.layout"] == "nhwc"
        self.maps_last = metadata["iou.outputs.layout"] == "nhwc"
        last = "images"
        if self.pixels_last:
            last = self.node("Transpose", [last], "planes", perm=[0, 3, 1, 2])
        for level in range(len(STRIDES)):
            last = self.backbone(last, level)
            for kind in kinds:
                self.head(last, level, kind)

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def tensor(self, name, values):
        self.tensors.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def backbone(self, last, level):
        """Features of a spread of about 1, whatever the range of the pixels."""
        std = np.mean(reference.words(self.metadata["iou.input.std"]))
        spread = 70 / 255 * float(self.metadata["iou.input.range"]) / std if level == 0 else 1
        inputs, side, step, pad = (3, 8, 8, 0) if level == 0 else (FEATURES, 3, 2, 1)
        shape = (FEATURES, inputs, side, side)
        values = self.random.normal(0, (inputs * side * side) ** -0.5 / spread, shape)
        if level == 0:
            values -= values.mean((1, 2, 3), keepdims=True)  # blind to the mean of the pixels
        weights = self.tensor(f"features{level}.w", values)
        return self.node("Conv", [last, weights], f"features{level}", strides=[step] * 2,
                         pads=[pad] * 4)

    def head(self, features, level, kind):
        name = reference.lines(self.metadata[f"iou.outputs.{kind}"])[level]
        channels = {"cls": int(self.metadata["iou.classes.channels"]), "box": 4}.get(kind, 1)
        count, spread = ANCHORS * channels, 0.2 if kind == "box" else 1.0
        shift = self.shift if kind == "cls" else 0.0 if kind == "box" else 3.0
        shape = (count, FEATURES, 1, 1)
        weights = self.tensor(f"{name}.w", self.random.normal(0, spread * FEATURES ** -0.5, shape))
        bias = self.tensor(f"{name}.b", np.full(count, shift))
        probability = self.metadata.get(f"iou.outputs.{kind}.kind") == "probability"
        steps = ["Conv"] + ["Sigmoid"] * probability + ["Transpose"] * self.maps_last
        last = features
        for i, step in enumerate(steps):
            output = name if i + 1 == len(steps) else f"{name}.{step}"
            inputs = [last, weights, bias] if step == "Conv" else [last]
            extra = {"perm": [0, 2, 3, 1]} if step == "Transpose" else {}
            last = self.node(step, inputs, output, **extra)
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT,
                                                          ["n", None, None, None]))

    def serialized(self):
        shape = ["n", "h", "w", 3] if self.pixels_last else ["n", 3, "h", "w"]
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "detector", [images], self.outputs, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, self.metadata)
        return model.SerializeToString()


def exported():
    """A detector that iouc writes, its seeded heads spread so that scores differ."""
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        subprocess.run([ROOT / ".build/release/iouc", "export", file.name, "--backbone",
                        "mobilenetv2", "--convention", "torchvision", "--fpn-channels", "32",
                        "--classes", "20", "--seed", "1"], check=True, capture_output=True, text=True)
        model = onnx.load(file.name)
    threshold = next(e for e in model.metadata_props if e.key == "iou.score.threshold")
    threshold.value = "0.3"  # that a few hundred pairs reach
    metadata = metadata_of(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    batch = reference.preprocess(metadata | {"iou.input.resize": "none"}, [picture(*SMALL[0])])
    names = [o.name for o in session.get_outputs()]
    values = dict(zip(names, session.run(None, {"images": batch.astype(np.float32)})))
    for kind, spread in (("cls", 0.6), ("box", 0.2), ("iou", 1.0)):
        found = [values[name] for name in reference.lines(metadata[f"iou.outputs.{kind}"])]
        scale_heads(model, metadata, kind, spread / max(one.std() for one in found))
    return model.SerializeToString()


def scale_heads(model, metadata, kind, factor):
    producers = {output: node for node in model.graph.node for output in node.output}
    names = set()
    for name in reference.lines(metadata[f"iou.outputs.{kind}"]):
        node = producers[name]
        while node.op_type != "Conv":
            node = producers[node.input[0]]
        names.add(node.input[1])
    for tensor in model.graph.initializer:
        if tensor.name in names:
            values = numpy_helper.to_array(tensor) * np.float32(factor)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


# ---- Cases ---------------------------------------------------------------------------------------

LISTED = {"classes__channels": "7", "classes__list": "1 2 6"}  # channels that no class has
FUSIONS = {
    ("torchvision", "iou"): {"fusion__order": "last", "fusion__power": "2"},
    ("mmdetection", "iou"): {"fusion__order": "first"},
}


def small_network(name, kinds, pixels, maps, sizes):
    """Metadata and bytes of a convention's network with maps of these kinds."""
    changes = dict(LISTED) if name == "torchvision" else {}
    changes |= {"input__layout": pixels}
    if sizes != LARGE:
        rule = {"detectron2": "short-then-long"}.get(name, "short-long")
        changes["input__resize"] = f"{rule} 96 160"
    if "iou" in kinds:
        changes |= {"alpha": "0.5"} | FUSIONS.get((name, "iou"), {"fusion__order": "first"})
    if "objectness" in kinds:
        changes |= {"outputs__objectness": "\n".join(f"objectness{s}" for s in STRIDES),
                    "outputs__objectness__kind": "logit"}
    shift = -5.5 if sizes == LARGE else -4.0  # a few hundred pairs reach the threshold
    metadata = convention(name, CLASSES, maps, iou="iou" in kinds, **changes)
    return metadata, Network(metadata, kinds, shift).serialized()


def convention_cases():
    for name in ("torchvision", "detectron2", "odtk", "mmdetection"):
        for maps, sizes in (("nhwc", LARGE), ("nchw", SMALL)):
            metadata, data = small_network(name, KINDS[:2], "nchw", maps, sizes)
            yield f"{name} {sizes[0]}", compare(metadata, data, [picture(*s) for s in sizes])


def map_cases():
    for name in ("torchvision", "mmdetection"):
        for extra in (("iou",), ("objectness",), ("iou", "objectness")):
            for pixels in ("nchw", "nhwc"):
                maps = "nchw" if pixels == "nhwc" else "nhwc"
                metadata, data = small_network(name, KINDS[:2] + extra, pixels, maps, SMALL)
                yield (f"{name} {' '.join(extra)} pixels {pixels} maps {maps}",
                       compare(metadata, data, [picture(*s) for s in SMALL]))


def export_cases():
    data = exported()
    metadata = metadata_of(onnx.load_from_string(data))
    yield f"iouc export {LARGE[0]}", compare(metadata, data, [picture(*LARGE[0])])


def rescoring(data, pictures, runs):
    """The first run that gives other bits when it is scored again."""
    again, plain = Library(data), Library(data)
    again.run(pictures)
    for overrides in runs:
        if repr(again.rescore(len(pictures), **overrides)) != repr(plain.run(pictures, **overrides)):
            return f"differs with {overrides}"
    return None


def refused(detector, count, text):
    try:
        detector.rescore(count)
    except RuntimeError as error:
        return None if text in str(error) else str(error)
    return "accepted"


def rescore_cases():
    """A run that is scored again gives the bits of a new one."""
    pictures = [picture(*s) for s in SMALL]
    runs = [{"score_threshold": 0.02}, {"nms_threshold": 0.3}, {"max_detections": 3}, {}]
    alphas = [{"alpha": a} for a in (0.0, 0.3, 0.5, 0.75, 1.0)]
    for name, extra in (("mmdetection", ("iou",)), ("torchvision", ("iou", "objectness")),
                        ("detectron2", ()), ("odtk", ())):
        for pixels, maps in (("nchw", "nhwc"), ("nhwc", "nchw")):
            data = small_network(name, KINDS[:2] + extra, pixels, maps, SMALL)[1]
            some = runs + alphas if "iou" in extra else runs
            yield f"rescore {name} {maps}", rescoring(data, pictures, some)
    detector = Library(data)
    yield "rescore without a run", refused(detector, 1, "found none that succeeded last")
    detector.run(pictures)
    yield "rescore fewer", refused(detector, 1, "expected the 2 pictures of the last run, found 1")
    try:
        detector.run(pictures, alpha=2.0)
    except RuntimeError:
        yield "rescore after a failure", refused(detector, 2, "found none that succeeded last")
    yield from fixed_batch_cases(data, pictures)


def fixed_batch_cases(data, pictures):
    model = onnx.load_from_string(data)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    detector = Library(model.SerializeToString())
    detector.run(pictures)
    yield "rescore parts", refused(detector, 2, "at most 1 pictures, the model's batch")
    detector.run(pictures[1:])
    equal = repr(detector.rescore(1)) == repr(Library(data).run(pictures[1:]))
    yield "rescore one", None if equal else "differs"


@pytest.mark.parametrize("group", [convention_cases, map_cases, export_cases, rescore_cases])
def test_detector_path(group, tally):
    tally.add_all(group())

"""iou_detector_run, from pixels to boxes, and ONNX Runtime between the references.

    detector_path.py MODEL PICTURE ...    compares both on pictures
"""

import ctypes as ct
import sys

import cv2
import detection_reference as reference
import libiou
import numpy as np
import onnx
import onnxruntime
from detect_test_hooks import LIBRARY as TEST_HOOKS
from detect_test_hooks import Detection, Error, Picture
from detection_compare import differences
from pictures import with_opencv, with_pillow

CAPACITY = 1000
ROUNDING = 1e-5  # scores that close may be in any order
SURE = 0.98  # scores above it would crowd at 1
KINDS = ("cls", "box", "iou", "objectness")


def metadata_of(model):
    return {entry.key: entry.value for entry in model.metadata_props}


class Library:
    """A detector of the library over a model's bytes."""

    def __init__(self, data):
        self.handle, self.model = ct.c_void_p(), libiou.Model(data)
        self._call("iou_detector_open", ct.byref(self.handle), self.model._handle, None)

    def __del__(self):
        libiou.LIBRARY.iou_detector_close(ct.byref(self.handle))

    @staticmethod
    def _call(name, *arguments):
        error = Error()
        if getattr(libiou.LIBRARY, name)(*arguments, ct.byref(error)):
            raise RuntimeError(error.text.decode())

    def _detections(self, count, call):
        """What `call(out, capacity, counts)` gives for each picture."""
        out, counts = (Detection * (CAPACITY * count))(), (ct.c_size_t * count)()
        call(out, ct.c_size_t(CAPACITY), counts)
        return [[(list(d.box), d.score, d.probability, d.iou, d.label)
                 for d in out[i * CAPACITY:i * CAPACITY + counts[i]]] for i in range(count)]

    @staticmethod
    def _options(overrides):
        options = TEST_HOOKS.iou_detect_options_default()
        for key, value in overrides.items():
            setattr(options, key, value)
        return ct.byref(options)

    def run(self, pictures, **overrides):
        rows = (Picture * len(pictures))()
        for row, pixels in zip(rows, pictures):
            row.data, row.stride = pixels.ctypes.data, pixels.strides[0]
            row.height, row.width = pixels.shape[:2]
        return self._detections(len(rows), lambda *out: self._call(
            "iou_detector_run", self.handle, rows, ct.c_size_t(len(rows)), self._options(overrides),
            *out))

    def rescore(self, count, **overrides):
        return self._detections(count, lambda *out: self._call(
            "iou_detector_rescore", self.handle, ct.c_size_t(count), self._options(overrides), *out))


def resize(metadata, pixels):
    if metadata["iou.input.resize.precision"] == "float":
        return reference.resize(metadata, pixels)
    smooth = metadata["iou.input.resize.antialias"] == "yes"
    return (with_pillow if smooth else with_opencv)(metadata, pixels)


def run_reference(metadata, data, pictures, **overrides):
    """The same by ONNX Runtime between the reference's preprocessing and decoding."""
    batch = reference.preprocess(metadata, pictures, resize).astype(np.float32)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    values = dict(zip(names, session.run(None, {metadata["iou.input.name"]: batch})))
    sides = slice(1, 3) if metadata["iou.outputs.layout"] == "nhwc" else slice(2, 4)
    keys = [kind for kind in KINDS if f"iou.outputs.{kind}" in metadata]
    maps = []
    for level in range(len(reference.lines(metadata["iou.outputs.cls"]))):
        entry = {key: values[reference.lines(metadata[f"iou.outputs.{key}"])[level]]
                 for key in keys}
        entry["h"], entry["w"] = entry["cls"].shape[sides]
        maps.append(entry)
    network_size = batch.shape[1:3] if metadata["iou.input.layout"] == "nhwc" else batch.shape[2:4]
    found = []
    for i, pixels in enumerate(pictures):
        height, width, factor = reference.resized_size(metadata, *pixels.shape[:2])
        scale = (factor, factor)
        if metadata["iou.boxes.scale"] == "sizes":
            scale = (height / pixels.shape[0], width / pixels.shape[1])
        found.append(reference.detect(metadata, maps, i, (height, width), scale, network_size=network_size,
                                      picture=pixels.shape[:2], **overrides))
    return found


def compare(metadata, data, pictures):
    found = Library(data).run(pictures)
    for i, expected in enumerate(run_reference(metadata, data, pictures)):
        scores = [one[1] for one in expected]
        if len(expected) < 5 or max(scores) > SURE:
            return f"picture {i} tests little: {len(expected)} found, scores {scores[:3]}"
        problem = differences(found[i], expected, ROUNDING)
        if problem:
            return f"picture {i}: {problem}"
    return None


def main() -> None:
    path, *pictures = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    metadata = metadata_of(onnx.load_from_string(data))
    for name in pictures:
        pixels = cv2.imread(name, cv2.IMREAD_COLOR)[..., ::-1]
        print(f"{name}: {compare(metadata, data, [np.ascontiguousarray(pixels)]) or 'the same'}")


if __name__ == "__main__":
    main()

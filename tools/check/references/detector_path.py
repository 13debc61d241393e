"""iou_detector_run, from pixels to boxes, and ONNX Runtime between the references.

    detector_path.py MODEL PICTURE ...    compares both on pictures
"""

import sys

import cv2
import detection_reference as reference
import numpy as np
import onnx
import onnxruntime
from detection_compare import differences
from detector_library import Library
from pictures import with_opencv, with_pillow

ROUNDING = 1e-5  # scores that close may be in any order
SURE = 0.98  # scores above it would crowd at 1
KINDS = ("cls", "box", "iou", "objectness")


def metadata_of(model):
    return {entry.key: entry.value for entry in model.metadata_props}


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

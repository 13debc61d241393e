"""iouc annotate --preset, and the tools with models that list boxes: what they print, draw and refuse."""

import json
import subprocess

import cv2
import numpy as np
import onnx
import pytest
import row_models as models
from detect_test_hooks import preset_keys
from libiou import ROOT
from pictures import picture

BIN = ROOT / ".build/release"
SIDES, CLASSES = (256, 320), 5


def call(*arguments):
    """Exit status, standard output and standard error."""
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def metadata(path):
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def without_metadata(data, path):
    model = onnx.load_from_string(data)
    del model.metadata_props[:]
    onnx.save(model, path)


@pytest.fixture
def folder(tmp_path):
    cv2.imwrite(str(tmp_path / "odd.png"), np.ascontiguousarray(picture(75, 111)))
    (tmp_path / "labels.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    return tmp_path


PRESETS = {
    "yolov5": models.yolov5, "yolov8": models.yolov8, "yolox": models.yolox, "yolo-end2end": models.end_to_end,
    "torchvision": models.lists, "rt-detr": models.queries, "picodet": models.picodet,
}


@pytest.mark.parametrize("preset", PRESETS)
def test_preset(preset, folder):
    """The tool writes the library's keys, with labels of the file or of an option; the result detects."""
    data = PRESETS[preset](SIDES)
    named = onnx.load_from_string(data)
    onnx.helper.set_model_props(named, {"names": models.names(CLASSES)})
    onnx.save(named, folder / "named.onnx")
    without_metadata(data, folder / "plain.onnx")
    sides = [] if preset != "torchvision" else ["--input", "427x640"]
    status, _, errors = call(BIN / "iouc", "annotate", folder / "named.onnx", folder / "a.onnx", "--preset", preset,
                             *sides)
    assert (status, errors) == (0, ""), errors
    written = metadata(folder / "a.onnx")
    assert {key: value for key, value in written.items() if key.startswith("iou.")} == preset_keys(
        named.SerializeToString(), preset)
    status, _, errors = call(BIN / "iouc", "annotate", folder / "plain.onnx", folder / "b.onnx", "--preset", preset,
                             "--labels", folder / "labels.txt", *sides)
    assert (status, errors) == (0, ""), errors
    assert metadata(folder / "b.onnx")["iou.labels"] == "a\nb\nc\nd\ne"
    if preset != "torchvision":  # whose small stand-in has a grid of its own sides
        status, output, errors = call(BIN / "iourun", folder / "b.onnx", folder / "odd.png", "--json", "-")
        assert (status, errors) == (0, ""), errors
        found = json.loads(output)["images"][0]["detections"]
        assert all(one["label"] in "abcde" and one["iou"] is None for one in found)


def test_preset_with_metadata(folder):
    """Keys of --metadata replace the preset's."""
    (folder / "keys.txt").write_text("iou.score.threshold = 0.5\niou.detections.max = 3\n", encoding="utf-8")
    (folder / "model.onnx").write_bytes(models.yolov8(SIDES))
    status, _, errors = call(BIN / "iouc", "annotate", folder / "model.onnx", folder / "out.onnx", "--preset",
                             "ultralytics", "--metadata", folder / "keys.txt")
    assert status == 0, errors
    written = metadata(folder / "out.onnx")
    assert (written["iou.score.threshold"], written["iou.detections.max"]) == ("0.5", "3")
    assert written["names"] == models.names(CLASSES) and written["iou.outputs.rows"] == "output0"


def test_ultralytics_file(folder):
    """A file as ultralytics writes it: boxes are drawn at once, the rest is named, alpha is refused."""
    keys = models.ultralytics(CLASSES, SIDES, "segment")
    (folder / "seg.onnx").write_bytes(models.yolov8(SIDES, extra=7, metadata=keys))
    model, odd = folder / "seg.onnx", folder / "odd.png"
    status, output, errors = call(BIN / "iourun", model, odd, "--output", folder / "drawn.png")
    assert status == 0 and "class" in output
    assert errors.count("\n") == 1 and "masks" in errors and "seg.onnx" in errors
    drawn = cv2.imread(str(folder / "drawn.png"))
    assert drawn.shape == (75, 111, 3) and (drawn != cv2.imread(str(odd))).any()
    status, output, errors = call(BIN / "iourun", model, odd, "--alpha", "0.5")
    assert status == 1 and "expected alpha 1" in errors and "0.5" in errors
    status, output, _ = call(BIN / "iouc", "inspect", model, "--json")
    detector = json.loads(output)["detector"]
    assert (detector["outputs"], detector["classes"], detector["input"]["side"]) == ("rows", CLASSES, "centre")


def test_evaluation(folder):
    """iourun eval takes such a model; all boxes that it finds as truth give precision 1."""
    (folder / "model.onnx").write_bytes(models.yolov8(SIDES))
    arguments = (folder / "model.onnx", folder / "odd.png", "--nms-threshold", "0.3")
    found = json.loads(call(BIN / "iourun", *arguments, "--json", "-")[1])["images"][0]["detections"]
    assert found
    truth = {"images": [{"id": 1, "file_name": "odd.png", "width": 111, "height": 75}],
             "categories": [{"id": i + 1, "name": f"class {i}"} for i in range(CLASSES)],
             "annotations": []}
    for i, one in enumerate(found):
        x1, y1, x2, y2 = one["box"]
        truth["annotations"].append({"id": i + 1, "image_id": 1, "category_id": one["class"] + 1, "iscrowd": 0,
                                     "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)})
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    call_eval = (BIN / "iourun", "eval", folder / "model.onnx", "--images", folder, "--annotations",
                 folder / "truth.json", "--nms-threshold", "0.3")
    status, output, errors = call(*call_eval, "--json", "-")
    assert status == 0, errors
    assert json.loads(output)["alphas"][0]["coco"]["AP"] > 0.99
    status, _, errors = call(*call_eval, "--alpha", "0.5")
    assert status == 1 and "α is 1" in errors


@pytest.mark.parametrize("arguments, part", [
    (["--preset", "yolov0"], "yolov8"), ([], "--metadata, --preset or a value"),
    (["--preset", "yolov8", "--labels", "x", "--classes", "3"], "found both"),
    (["--metadata", "x", "--classes", "3"], "expected with a --preset"),
    (["--preset", "ultralytics", "--classes", "3"], "expected with a --preset"),
])
def test_wrong_usage(arguments, part):
    status, _, errors = call(BIN / "iouc", "annotate", "a.onnx", "b.onnx", *arguments)
    assert status == 64 and part in errors


@pytest.mark.parametrize("arguments, parts", [
    ([], ["labels", "'names'"]), (["--classes", "4"], ["'output0'", "[N, 8, R]", "9 columns"]),
    (["--labels", "no-such-file"], ["no-such-file"]),
])
def test_what_is_missing(arguments, parts, folder):
    without_metadata(models.yolov8(SIDES), folder / "plain.onnx")
    status, _, errors = call(BIN / "iouc", "annotate", folder / "plain.onnx", folder / "out.onnx", "--preset", "yolov8",
                             *arguments)
    assert status == 1 and errors.count("\n") == 1 and all(part in errors for part in parts), errors
    assert not (folder / "out.onnx").exists()

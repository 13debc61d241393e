"""ultralytics' YOLO, by its own exporter: raw heads, end to end, and with NMS in the graph."""

import contextlib
import functools
import os
import pathlib
import shutil
import tempfile

from detectors import calibration, torchvision_operators, transformer_weights
from detectors.recipe import Recipe

SIDE = 640
BOX_STEPS = 0.03  # of a decoder of six layers: see transformer_weights
RAW, NMS, END_TO_END = None, True, False  # the exporter's argument `nms`


def _make(path: pathlib.Path, network: str, **arguments) -> None:
    os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_VERBOSE="false")
    torchvision_operators.provide()
    import torch
    from ultralytics import RTDETR, YOLO
    from ultralytics.utils import ROOT, YAML
    calibration.seed()
    model = (RTDETR if network.startswith("rtdetr") else YOLO)(f"{network}.yaml")
    if model.task == "detect":
        model.model.names = YAML.load(ROOT / "cfg" / "datasets" / "coco.yaml")["names"]
    run = functools.partial(model.model, torch.from_numpy(calibration.pictures(2, SIDE, SIDE)))
    (_calibrate_queries if network.startswith("rtdetr") else _calibrate)(model.model, run)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        made = model.export(format="onnx", imgsz=SIDE, **arguments)
        shutil.move(made, path)


def _calibrate_queries(network, run) -> None:
    transformer_weights.draw(network)
    with transformer_weights.spreading(network, len(network.names), BOX_STEPS):
        calibration.batch_norms(network, run)


def _calibrate(network, run) -> None:
    calibration.batch_norms(network, run)
    head = network.model[-1]
    branches = [(head.cv2, head.cv3)]
    if getattr(head, "one2one_cv2", None) is not None:
        branches.append((head.one2one_cv2, head.one2one_cv3))
    wanted = {}
    for boxes, classes in branches:
        # With one bin a side these are distances in cells, with more they are logits of the distances.
        wanted.update((level[-1], calibration.Spread(1.0, 3.0)) for level in boxes)
        wanted.update((level[-1], calibration.SCORES) for level in classes)
    calibration.spread(run, wanted)


def _recipe(name: str, network: str, layout: str, tolerance: float = Recipe.tolerance, **arguments) -> Recipe:
    make = functools.partial(_make, network=network, **arguments)
    return Recipe(name, make, (1, 3, SIDE, SIDE), layout, tolerance)


RECIPES = (
    _recipe("yolov8n", "yolov8n", "yolo", nms=RAW),
    _recipe("yolov5n", "yolov5n", "yolo", nms=RAW),
    _recipe("yolov10n", "yolov10n", "yolo", nms=RAW),
    _recipe("yolo11n", "yolo11n", "yolo", nms=RAW),
    _recipe("yolo12n", "yolo12n", "yolo", nms=RAW),
    _recipe("yolo26n", "yolo26n", "yolo", nms=RAW),
    _recipe("yolov10n-end2end", "yolov10n", "rows", nms=END_TO_END),
    _recipe("yolo26n-end2end", "yolo26n", "rows", nms=END_TO_END),
    _recipe("yolov8n-nms", "yolov8n", "rows", nms=NMS),
    _recipe("yolov3-tiny", "yolov3-tiny", "yolo", nms=RAW),
    _recipe("yolov6n", "yolov6n", "yolo", nms=RAW),
    _recipe("yolov9t", "yolov9t", "yolo", nms=RAW),
    _recipe("yolov8n-seg", "yolov8n-seg", "yolo", nms=RAW),
    _recipe("yolov8n-pose", "yolov8n-pose", "yolo", nms=RAW),
    _recipe("yolov8n-obb", "yolov8n-obb", "yolo", nms=RAW),
    _recipe("yolov8n-float16", "yolov8n", "yolo", tolerance=2e-2, nms=RAW, quantize=16),
    _recipe("rtdetr-l", "rtdetr-l", "unit rows", nms=RAW),
)

"""ultralytics' YOLO, by its own exporter: raw heads, end to end, and with NMS in the graph."""

import contextlib
import functools
import os
import pathlib
import shutil
import tempfile

from detectors import calibration, torchvision_operators
from detectors.recipe import Recipe

SIDE = 640
RAW, NMS, END_TO_END = None, True, False  # the exporter's argument `nms`


def _make(path: pathlib.Path, network: str, side: int, **arguments) -> None:
    os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_VERBOSE="false")
    torchvision_operators.provide()
    import torch
    from ultralytics import YOLO
    from ultralytics.utils import ROOT, YAML
    calibration.seed()
    model = YOLO(f"{network}.yaml")
    if model.task == "detect":
        model.model.names = YAML.load(ROOT / "cfg" / "datasets" / "coco.yaml")["names"]
    _calibrate(model.model, torch.from_numpy(calibration.pictures(2, side, side)))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        made = model.export(format="onnx", imgsz=side, **arguments)
        shutil.move(made, path)


def _calibrate(network, pictures) -> None:
    run = functools.partial(network, pictures)
    calibration.batch_norms(network, run)
    head = network.model[-1]
    branches = [(head.cv2, head.cv3)]
    if getattr(head, "one2one_cv2", None) is not None:
        branches.append((head.one2one_cv2, head.one2one_cv3))
    for boxes, classes in branches:
        # With one bin a side these are distances in cells, with more they are logits of the distances.
        calibration.spread([level[-1] for level in boxes], run, 1.0, 3.0)
        calibration.confident_scores([level[-1] for level in classes], run)


def _recipe(name: str, network: str, layout: str, side: int = SIDE, **arguments) -> Recipe:
    return Recipe(name, functools.partial(_make, network=network, side=side, **arguments), (1, 3, side, side), layout)


RECIPES = (
    _recipe("yolov8n", "yolov8n", "yolo", nms=RAW),
    _recipe("yolov5n", "yolov5n", "yolo", nms=RAW),
    _recipe("yolov10n", "yolov10n", "yolo", nms=RAW),
    _recipe("yolo11n", "yolo11n", "yolo", nms=RAW),
    _recipe("yolo12n", "yolo12n", "yolo", nms=RAW),
    _recipe("yolo26n", "yolo26n", "yolo", nms=RAW),
    _recipe("yolov10n-end2end", "yolov10n", "detections", nms=END_TO_END),
    _recipe("yolo26n-end2end", "yolo26n", "detections", nms=END_TO_END),
    _recipe("yolov8n-nms", "yolov8n", "detections", nms=NMS),
)

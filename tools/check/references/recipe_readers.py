"""What the readers of docs/recipes have before their first command: checkpoints as other code bases write them,
pictures, annotated data, models."""

import os
import pathlib
import shutil
import subprocess
from collections import OrderedDict

import solved_detector
import torch
import weight_names
from libiou import ROOT
from recipe_scenes import drawn

from smears.__main__ import write_data
from smears.scene import CLASS_NAMES, Smear
from train.network_options import NetworkOptions

YOLO_PACKAGES = ROOT / "tools/detectors/.venv/bin"
SIDES = (480, 800)  # short and long, which their pictures were resized to in training


def pictures(folder: pathlib.Path) -> list[Smear]:
    """`pictures/` with two of Examples, and what is in them."""
    (folder / "pictures").mkdir()
    scenes = drawn()
    for name in scenes:
        shutil.copy(ROOT / f"Examples/{name}.png", folder / "pictures")
    return list(scenes.values())


def labels(folder: pathlib.Path) -> None:
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES))


def trained(folder: pathlib.Path, origin: str, backbone: str, options: NetworkOptions) -> OrderedDict:
    """The tensors of a RetinaNet that finds the cells of `pictures/`, by MMDetection's names."""
    labels(folder)
    scenes = [(one.picture, one.boxes, one.labels) for one in pictures(folder)]
    return solved_detector.solved(origin, backbone, options, scenes, len(CLASS_NAMES), SIDES).state_dict()


def torchvision(folder: pathlib.Path) -> None:
    """`model.state_dict()` of retinanet_resnet50_fpn, whose batch normalizations are frozen and count nothing."""
    state = trained(folder, "torchvision", "resnet50", NetworkOptions(p6="p5", relu_before_p7=True))
    state = OrderedDict((name, tensor) for name, tensor in state.items() if "num_batches" not in name)
    torch.save(weight_names.renamed(state, weight_names.TORCHVISION), folder / "my-retinanet.pth")


def mmdetection(folder: pathlib.Path) -> None:
    """What MMEngine's runner saves of configs/retinanet/retinanet_r18_fpn_1x_coco.py."""
    state = trained(folder, "mmdetection", "resnet18", NetworkOptions())
    meta = {"epoch": 12, "iter": 87996, "dataset_meta": {"classes": CLASS_NAMES}, "mmengine_version": "0.10.7"}
    torch.save({"meta": meta, "state_dict": state, "message_hub": {}, "optimizer": {}, "param_schedulers": []},
               folder / "epoch_12.pth")


def detectron2(folder: pathlib.Path) -> None:
    """What fvcore's checkpointer saves of COCO-Detection/retinanet_R_50_FPN_1x.yaml; its anchors are beside the
    weights."""
    state = trained(folder, "detectron2", "resnet50", NetworkOptions(relu_before_p7=True, bottleneck_stride="1x1"))
    state = OrderedDict((name, tensor) for name, tensor in state.items() if "num_batches" not in name)
    model = OrderedDict(pixel_mean=torch.tensor([103.53, 116.28, 123.675]).view(3, 1, 1),
                        pixel_std=torch.ones(3, 1, 1))
    model.update(weight_names.renamed(state, weight_names.DETECTRON2))
    for level in range(5):
        base = solved_detector.ORIGINS["detectron2"].base(level)
        model[f"anchor_generator.cell_anchors.{level}"] = torch.from_numpy(base).float()
    torch.save({"model": model, "optimizer": {}, "scheduler": {}, "iteration": 89999}, folder / "model_final.pth")


def annotated(folder: pathlib.Path) -> None:
    """A detector, and data in COCO's format: a few pictures to calibrate on, and `val/` to measure on."""
    shutil.copy(ROOT / "models/blood-cells.onnx", folder / "mine.onnx")
    write_data(folder / "train", 2, 6, (640, 480), (0.9, 1.1))
    write_data(folder / "val", 12, 5, (640, 480), (0.9, 1.1))


def shipped(folder: pathlib.Path) -> None:
    """A detector, a picture, and the repository in `iou/`."""
    shutil.copy(ROOT / "models/blood-cells.onnx", folder / "mine.onnx")
    shutil.copy(ROOT / "Examples/smear.png", folder)
    (folder / "iou").symlink_to(ROOT)


def yolo(folder: pathlib.Path) -> dict[str, str]:
    """`my-yolo.pt`, which the packages of tools/detectors make; the environment that ultralytics' own command needs,
    whose torchvision may have no compiled operators."""
    pictures(folder)
    environment = {**os.environ, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true",
                   "YOLO_CONFIG_DIR": str(folder), "PYTHONPATH": os.pathsep.join(
                       [str(ROOT / "tools/check/references/ultralytics_start"), str(ROOT / "tools"),
                        str(ROOT / "tools/smears")])}
    script = ROOT / "tools/check/references/recipe_yolo.py"
    subprocess.run([YOLO_PACKAGES / "python", script, folder / "my-yolo.pt"], check=True, env=environment)
    return environment

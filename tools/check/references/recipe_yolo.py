"""Writes `my-yolo.pt` as ultralytics does, by the packages of tools/detectors: recipe_yolo.py FILE.

The smallest YOLOv8 learns two pictures by heart, in a minute or two, so that the boxes of docs/recipes/yolo.md are
cells.
"""

import os
import sys

os.environ["YOLO_VERBOSE"] = "false"

import numpy as np
import torch
from recipe_scenes import drawn
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import DEFAULT_CFG

from smears.scene import CLASS_NAMES, Smear

SIDE = 320
STEPS = 120
RATE = 2e-3
GRAY = 114 / 255


def letterboxed(scene: Smear) -> tuple[torch.Tensor, np.ndarray]:
    """[1, 3, SIDE, SIDE] of 0…1, and its boxes: centre, width and height from 0 to 1."""
    height, width = scene.picture.shape[:2]
    factor = SIDE / max(height, width)
    inner = round(height * factor), round(width * factor)
    top, left = (SIDE - inner[0]) // 2, (SIDE - inner[1]) // 2
    pixels = torch.from_numpy(scene.picture.copy()).permute(2, 0, 1)[None].float() / 255
    small = torch.nn.functional.interpolate(pixels, inner, mode="bilinear")
    image = torch.full((1, 3, SIDE, SIDE), GRAY)
    image[:, :, top:top + inner[0], left:left + inner[1]] = small
    boxes = (np.array(scene.boxes, np.float32) * factor + [left, top, left, top]) / SIDE
    return image, np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)


def batch(scenes: list[Smear]) -> dict[str, torch.Tensor]:
    """As ultralytics' loss takes it."""
    images, boxes = zip(*map(letterboxed, scenes))
    numbers = np.repeat(np.arange(len(scenes)), [len(one) for one in boxes])
    return {"img": torch.cat(images), "batch_idx": torch.tensor(numbers).float(),
            "cls": torch.tensor([label for scene in scenes for label in scene.labels]).float()[:, None],
            "bboxes": torch.tensor(np.concatenate(boxes)).float()}


def learn(network: DetectionModel, seen: dict[str, torch.Tensor]) -> None:
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = 0.1  # or the statistics would come too late
    for _ in range(STEPS):
        loss, _ = network(seen)
        optimizer.zero_grad()
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
        optimizer.step()
        schedule.step()
    network.eval()


def main() -> None:
    torch.manual_seed(0)
    network = DetectionModel("yolov8n.yaml", nc=len(CLASS_NAMES), verbose=False)
    network.args, network.names = DEFAULT_CFG, dict(enumerate(CLASS_NAMES))
    learn(network, batch(list(drawn().values())))
    network.args = dict(vars(DEFAULT_CFG))
    model = YOLO("yolov8n.yaml")
    model.model = network
    model.save(sys.argv[1])


main()

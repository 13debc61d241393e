"""A data set of drawn squares, in both formats, and options for training on it in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from train.config import FitOptions
from train.config_file import load


def draw_squares(folder: Path, pictures: int = 6, width: int = 96, height: int = 64) -> Path:
    """`images/`, `annotations.json` and `voc/`: noise with one dark 32-pixel square in each.

    Classes `a` and `b` alternate. Gives the folder.
    """
    (folder / "images").mkdir(parents=True)
    (folder / "voc").mkdir()
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for index in range(1, pictures + 1):
        picture = rng.integers(150, 255, (height, width, 3), dtype=np.uint8)
        x, y = (int(v) for v in rng.integers(0, 30, 2))
        picture[y:y + 32, x:x + 32] //= 4
        Image.fromarray(picture).save(folder / "images" / f"{index}.png")
        images.append({"id": index, "file_name": f"{index}.png", "width": width,
                       "height": height})
        annotations.append({"id": index, "image_id": index, "category_id": 1 + index % 2,
                            "bbox": [x, y, 32, 32], "area": 1024, "iscrowd": 0})
        (folder / "voc" / f"{index}.xml").write_text(voc_xml(
            f"{index}.png", (width, height), [("ab"[index % 2], (x, y, x + 32, y + 32))]))
    write_coco(folder, {"images": images, "annotations": annotations,
                        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]})
    return folder


def write_coco(folder: Path, content: Any) -> None:
    (folder / "annotations.json").write_text(json.dumps(content))


def voc_xml(name: str, size: tuple[int, int], boxes: list[tuple[str, tuple]]) -> str:
    """A VOC annotation with objects (class, (xmin, ymin, xmax, ymax))."""
    objects = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{b[0]}</xmin><ymin>{b[1]}</ymin>"
        f"<xmax>{b[2]}</xmax><ymax>{b[3]}</ymax></bndbox></object>" for label, b in boxes)
    return (f"<annotation><filename>{name}</filename><size><width>{size[0]}</width>"
            f"<height>{size[1]}</height><depth>3</depth></size>{objects}</annotation>")


def tiny_options(data: Path, out: Path, *overrides: str) -> FitOptions:
    """Two steps of two pictures with the smallest network that there is, from random weights."""
    return load(FitOptions, None, [
        *source(data, "data.train."), f"run.out={out}", "data.long=96",
        "data.short=64", "network.backbone=mobilenetv2", "network.fpn_channels=16",
        "network.weights=none", "schedule.steps=2", "schedule.batch=2", "schedule.lr=0.01",
        "schedule.decay=cosine", "schedule.warmup=1", *overrides])


def source(data: Path, prefix: str) -> list[str]:
    """The settings of a data set's places."""
    return [f"{prefix}images={data}/images", f"{prefix}annotations={data}/annotations.json"]

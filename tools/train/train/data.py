"""Data sets in COCO format, with decoded pictures kept in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor


class Sample(NamedTuple):
    """A picture [H, W, 3] of 8-bit RGB, its boxes (x1, y1, x2, y2) and class indices from 0."""

    picture: np.ndarray
    boxes: Tensor
    labels: Tensor


class CocoData:
    """`annotations.json` and `images/` in one folder.

    Classes are numbered in the order of the file's categories. Crowd boxes and boxes without area
    are left out. Pictures are decoded on first use and kept: decoding would cost a small machine
    more than resizing.
    """

    def __init__(self, folder: Path, keep_empty: bool = True) -> None:
        self.images_folder = folder / "images"
        self.annotations_path = folder / "annotations.json"
        content = json.loads(self.annotations_path.read_text())
        self.category_ids = [c["id"] for c in content["categories"]]
        self.class_names = [c["name"] for c in content["categories"]]
        index_of = {category: index for index, category in enumerate(self.category_ids)}
        rows: dict[int, list[tuple[float, ...]]] = {i["id"]: [] for i in content["images"]}
        for annotation in content["annotations"]:
            x, y, w, h = annotation["bbox"]
            if w > 0 and h > 0 and not annotation.get("iscrowd"):
                rows[annotation["image_id"]].append(
                    (x, y, x + w, y + h, index_of[annotation["category_id"]]))
        self.images = [i for i in content["images"] if keep_empty or rows[i["id"]]]
        self._rows = rows
        self._pictures: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.images)

    def picture(self, index: int) -> np.ndarray:
        if index not in self._pictures:
            path = self.images_folder / self.images[index]["file_name"]
            with Image.open(path) as image:
                self._pictures[index] = np.array(image.convert("RGB"))
        return self._pictures[index]

    def sample(self, index: int) -> Sample:
        rows = torch.tensor(self._rows[self.images[index]["id"]], dtype=torch.float32)
        rows = rows.reshape(-1, 5)
        return Sample(self.picture(index), rows[:, :4], rows[:, 4].long())

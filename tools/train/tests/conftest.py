"""One thread, as the networks here are tiny and the machine may be busy; and a tiny data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

torch.set_num_threads(1)


@pytest.fixture(name="data")
def drawn_squares(tmp_path: Path) -> Path:
    """Six pictures of one dark square each."""
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for index in range(1, 7):
        picture = rng.integers(150, 255, (64, 96, 3), dtype=np.uint8)
        x, y = (int(v) for v in rng.integers(0, 30, 2))
        picture[y:y + 32, x:x + 32] //= 4
        Image.fromarray(picture).save(folder / "images" / f"{index}.png")
        images.append({"id": index, "file_name": f"{index}.png", "width": 96, "height": 64})
        annotations.append({"id": index, "image_id": index, "category_id": 1 + index % 2,
                            "bbox": [x, y, 32, 32], "area": 1024, "iscrowd": 0})
    (folder / "annotations.json").write_text(json.dumps({
        "images": images, "annotations": annotations,
        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}))
    return folder

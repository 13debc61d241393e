"""COCO average precision of a detector on a data set, by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from .data import CocoData
from .detect import DetectOptions, detect
from .model import Detector
from .preprocess import pad_batch, prepare


AP_THRESHOLDS = (50, 60, 70, 75, 80, 90)


class Precision(NamedTuple):
    """Mean over classes: AP over IoU 0.50:0.95; AP at single thresholds, "50" … "90"; AP by class."""

    ap: float
    at: dict[str, float]
    by_class: dict[str, float]


def mean_of_valid(cells: np.ndarray) -> float:
    """The mean of cells with ground truth; −1 where there are none."""
    valid = cells[cells > -1]
    return float(valid.mean()) if valid.size else -1.0


def score(data: CocoData, rows: list[dict]) -> Precision:
    """Runs COCOeval on detections in COCO's result format."""
    if not rows:
        return Precision(0.0, {str(t): 0.0 for t in AP_THRESHOLDS},
                         {name: 0.0 for name in data.class_names})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(data.annotations_path))
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.imgIds = [i["id"] for i in data.images]
        run.evaluate()
        run.accumulate()
    # Precision is [IoU 0.50, 0.55 … 0.95, recall, class, area, limit].
    cells = run.eval["precision"][:, :, :, 0, -1]
    return Precision(
        mean_of_valid(cells),
        {str(t): mean_of_valid(cells[(t - 50) // 5]) for t in AP_THRESHOLDS},
        {name: mean_of_valid(cells[:, :, k]) for k, name in enumerate(data.class_names)})


class Wish(NamedTuple):
    """A way to score what the network gave; with the oracle, by true instead of predicted IoU."""

    alpha: float
    oracle: bool = False


@torch.inference_mode()
def evaluate(model: Detector, data: CocoData, wishes: Sequence[Wish], long: int,
             short: int, progress: bool | None = None) -> dict[Wish, Precision]:
    """The network runs once a picture, whatever the number of wishes."""
    model.eval()
    rows: dict[Wish, list[dict]] = {wish: [] for wish in wishes}
    disable = None if progress is None else not progress
    for index in tqdm(range(len(data)), desc="evaluate", unit="image", disable=disable):
        sample = data.sample(index)
        pixels, scale = prepare(sample.picture, long, short)
        raw = model(pad_batch([pixels]))
        for wish in wishes:
            found = detect(raw, pixels.shape[1:], scale, DetectOptions(alpha=wish.alpha),
                           sample.boxes if wish.oracle else None)
            for box, value, label in zip(found.boxes.tolist(), found.scores.tolist(),
                                         found.labels.tolist()):
                rows[wish].append({
                    "image_id": data.images[index]["id"],
                    "category_id": data.category_ids[label],
                    "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                    "score": value,
                })
    return {wish: score(data, found) for wish, found in rows.items()}

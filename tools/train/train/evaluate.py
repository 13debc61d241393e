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

from .dataset import DataSet
from .detect import DetectOptions, detect
from .head import RawOutputs
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


def score(data: DataSet, rows: list[dict]) -> Precision:
    """Runs COCOeval on detections in COCO's result format."""
    if not rows:
        return Precision(0.0, {str(t): 0.0 for t in AP_THRESHOLDS},
                         dict.fromkeys(data.class_names, 0.0))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = data.coco()
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.evaluate()
        run.accumulate()
    # Precision is [IoU 0.50, 0.55 … 0.95, recall, class, area, limit].
    cells = run.eval["precision"][:, :, :, 0, -1]
    return Precision(
        mean_of_valid(cells),
        {str(t): mean_of_valid(cells[(t - 50) // 5]) for t in AP_THRESHOLDS},
        {name: mean_of_valid(cells[:, :, k]) for k, name in enumerate(data.class_names)})


class Scoring(NamedTuple):
    """A way to score what the network gave; with the oracle, by true instead of predicted IoU."""

    alpha: float
    oracle: bool = False


@torch.inference_mode()
def find(model: Detector, data: DataSet, scorings: Sequence[Scoring], long: int, short: int,
         indices: Sequence[int], progress: bool | None = None) -> dict[Scoring, list[dict]]:
    """Detections in some of the pictures, in COCO's result format.

    The network runs once a picture, whatever the number of scorings.
    """
    model.eval()
    device = next(model.parameters()).device
    rows: dict[Scoring, list[dict]] = {scoring: [] for scoring in scorings}
    disable = None if progress is None else not progress
    for index in tqdm(indices, desc="evaluate", unit="image", disable=disable,
                      leave=False):
        sample = data.sample(index)
        pixels, scale = prepare(sample.picture, long, short)
        raw = model(pad_batch([pixels]).to(device))
        raw = RawOutputs(*([m.cpu() for m in maps] for maps in raw))
        for scoring in scorings:
            found = detect(raw, pixels.shape[1:], scale, DetectOptions(alpha=scoring.alpha),
                           sample.boxes if scoring.oracle else None)
            for box, value, label in zip(found.boxes.tolist(), found.scores.tolist(),
                                         found.labels.tolist()):
                rows[scoring].append({
                    "image_id": data.image_id(index),
                    "category_id": data.category_ids[label],
                    "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                    "score": value,
                })
    return rows


def evaluate(model: Detector, data: DataSet, scorings: Sequence[Scoring], long: int, short: int,
             progress: bool | None = None) -> dict[Scoring, Precision]:
    """What all the pictures of a data set give."""
    rows = find(model, data, scorings, long, short, range(len(data)), progress)
    return {scoring: score(data, found) for scoring, found in rows.items()}

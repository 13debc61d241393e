"""COCO average precision of a detector on a data set, by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import NamedTuple

import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from .data import CocoData
from .detect import DetectOptions, detect
from .model import Detector
from .preprocess import pad_batch, prepare


class Precision(NamedTuple):
    """Mean over classes; AP over IoU 0.50:0.95, then at 0.50 and 0.75, then AP per class."""

    ap: float
    ap50: float
    ap75: float
    by_class: dict[str, float]


def score(data: CocoData, rows: list[dict]) -> Precision:
    """Runs COCOeval on detections in COCO's result format."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(data.annotations_path))
        if not rows:
            return Precision(0.0, 0.0, 0.0, {name: 0.0 for name in data.class_names})
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.imgIds = [i["id"] for i in data.images]
        run.evaluate()
        run.accumulate()
        run.summarize()
    # Precision is [IoU, recall, class, area, limit]; -1 marks cells without ground truth.
    cells = run.eval["precision"][:, :, :, 0, -1]
    by_class = {name: float(cells[:, :, k][cells[:, :, k] > -1].mean()) if
                (cells[:, :, k] > -1).any() else -1.0
                for k, name in enumerate(data.class_names)}
    return Precision(float(run.stats[0]), float(run.stats[1]), float(run.stats[2]), by_class)


@torch.inference_mode()
def evaluate(model: Detector, data: CocoData, alphas: Sequence[float], long: int,
             short: int, progress: bool | None = None) -> dict[float, Precision]:
    """The network runs once a picture, whatever the number of alphas."""
    model.eval()
    rows: dict[float, list[dict]] = {alpha: [] for alpha in alphas}
    disable = None if progress is None else not progress
    for index in tqdm(range(len(data)), desc="evaluate", unit="image", disable=disable):
        pixels, scale = prepare(data.picture(index), long, short)
        raw = model(pad_batch([pixels]))
        for alpha in alphas:
            found = detect(raw, pixels.shape[1:], scale, DetectOptions(alpha=alpha))
            for box, value, label in zip(found.boxes.tolist(), found.scores.tolist(),
                                         found.labels.tolist()):
                rows[alpha].append({
                    "image_id": data.images[index]["id"],
                    "category_id": data.category_ids[label],
                    "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                    "score": value,
                })
    return {alpha: score(data, found) for alpha, found in rows.items()}

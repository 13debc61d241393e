"""How far outputs of a detector are from a reference: boxes in pixels, scores, and everything else by its range."""

import dataclasses
from collections.abc import Callable

import numpy as np

Outputs = dict[str, np.ndarray]
LEAST_SCORE = 0.01  # of a reference detection that must be found again


@dataclasses.dataclass
class Difference:
    """The largest differences; None where there is nothing of the kind."""

    relative: float | None = None  # of any output, in parts of its range
    boxes_px: float | None = None
    scores: float | None = None
    detections: int | None = None  # of the reference, above LEAST_SCORE
    unmatched: int | None = None  # of these, without a detection of the same class nearby
    problem: str = ""  # why the outputs cannot be compared


def difference(layout: str, side: int, found: Outputs, reference: Outputs) -> Difference:
    """`side` is of the input picture, in pixels; `layout` a key of LAYOUTS."""
    for name, array in reference.items():
        if found[name].dtype != array.dtype:
            return Difference(problem=f"{name}: expected {array.dtype}, found {found[name].dtype}")
        if found[name].ndim != array.ndim:
            return Difference(problem=f"{name}: expected rank {array.ndim}, found {found[name].ndim}")
        if not np.isfinite(array).all():
            return Difference(problem=f"{name}: the reference is not finite")
    return LAYOUTS[layout](side, found, reference)


def _shapes_problem(found: Outputs, reference: Outputs) -> str:
    for name, array in reference.items():
        if found[name].shape != array.shape:
            return f"{name}: expected shape {list(array.shape)}, found {list(found[name].shape)}"
    return ""


def _largest(found: np.ndarray, reference: np.ndarray) -> float:
    return float(np.abs(found.astype(np.float64) - reference.astype(np.float64)).max(initial=0))


def _relative(found: Outputs, reference: Outputs) -> float:
    """Places where one is NaN and the other is not are infinitely far away."""
    worst = 0.0
    for name, array in reference.items():
        span = float(np.ptp(array.astype(np.float64))) if array.size else 0.0
        away = _largest(found[name], array) / (span or 1.0)
        worst = max(worst, np.inf if np.isnan(away) else away)
    return worst


def _plain(side: int, found: Outputs, reference: Outputs) -> Difference:
    if problem := _shapes_problem(found, reference):
        return Difference(problem=problem)
    return Difference(_relative(found, reference))


def _yolo(side: int, found: Outputs, reference: Outputs) -> Difference:
    """The first output is [N, 4 + classes + others, anchors]: boxes in pixels, then scores."""
    result = _plain(side, found, reference)
    if not result.problem:
        ours, theirs = (next(iter(outputs.values())) for outputs in (found, reference))
        result.boxes_px = _largest(ours[:, :4], theirs[:, :4])
        result.scores = _largest(ours[:, 4:84], theirs[:, 4:84])
    return result


def _detections(side: int, found: Outputs, reference: Outputs) -> Difference:
    """The first output is [1, M, 6 + others]: corners in pixels, score, class."""
    ours, theirs = (next(iter(outputs.values()))[0] for outputs in (found, reference))
    return _matched(ours[:, :4], ours[:, 4], ours[:, 5], theirs[:, :4], theirs[:, 4], theirs[:, 5])


def _lists(side: int, found: Outputs, reference: Outputs) -> Difference:
    """torchvision's `boxes` [M, 4] in pixels, `scores` and `labels` [M]."""
    ours, theirs = ([outputs[name] for name in ("boxes", "scores", "labels")] for outputs in (found, reference))
    return _matched(*ours, *theirs)


def _queries(side: int, found: Outputs, reference: Outputs) -> Difference:
    """DETR's `logits` [1, Q, classes] and `pred_boxes` [1, Q, 4] of 0…1; queries may stand in another order."""
    sets = []
    for outputs in (found, reference):
        logits = outputs["logits"][0].astype(np.float64)
        scores = 1 / (1 + np.exp(-logits))
        sets += [outputs["pred_boxes"][0] * side, scores.max(1), scores.argmax(1)]
    return _matched(*sets)


def _matched(boxes, scores, classes, their_boxes, their_scores, their_classes) -> Difference:
    """Each detection of the reference against the one of the same class whose box and score are nearest."""
    wanted = their_scores > LEAST_SCORE
    result = Difference(boxes_px=0.0, scores=0.0, detections=int(wanted.sum()), unmatched=0)
    for box, score, kind in zip(their_boxes[wanted], their_scores[wanted], their_classes[wanted]):
        away = np.abs(boxes - box).max(1)
        near = np.flatnonzero((classes == kind) & (away < 1.0))
        if near.size == 0:
            result.unmatched += 1
            continue
        best = near[np.argmin(away[near] + np.abs(scores[near] - score))]
        result.boxes_px = max(result.boxes_px, float(away[best]))
        result.scores = max(result.scores, abs(float(scores[best]) - float(score)))
    result.unmatched += max(int((scores > LEAST_SCORE).sum()) - result.detections, 0)
    return result


LAYOUTS: dict[str, Callable[[int, Outputs, Outputs], Difference]] = {
    "plain": _plain, "yolo": _yolo, "detections": _detections, "lists": _lists, "queries": _queries}

"""How far outputs of a detector are from a reference: boxes in pixels, scores, and everything else by its range."""

import dataclasses
from collections.abc import Callable

import numpy as np

Outputs = dict[str, np.ndarray]
LEAST_SCORE = 0.01  # of a detection that must be found again
SAME_SCORE = 1e-4  # scores as near as this may stand in either order
NEAR = 1.0  # pixels: one detection is another one's when no side is further away


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What a detector's outputs are."""

    layout: str  # a key of LAYOUTS
    side: int  # the longer one of the input picture, in pixels
    classes: int | None = None  # as the file says


@dataclasses.dataclass
class Difference:
    """The largest differences; None where there is nothing of the kind."""

    relative: float | None = None  # of any output, in parts of its range
    boxes_px: float | None = None
    scores: float | None = None
    detections: int | None = None  # of the reference, above LEAST_SCORE
    unmatched: int | None = None  # of both sides, without one of the same class nearby on the other side
    misplaced: int | None = None  # stand before one that comes earlier in the reference
    problem: str = ""  # why the outputs cannot be compared


def difference(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    for name, array in reference.items():
        if found[name].dtype != array.dtype:
            return Difference(problem=f"{name}: expected {array.dtype}, found {found[name].dtype}")
        if found[name].ndim != array.ndim:
            return Difference(problem=f"{name}: expected rank {array.ndim}, found {found[name].ndim}")
        if not np.isfinite(array).all():
            return Difference(problem=f"{name}: the reference is not finite")
    return LAYOUTS[meaning.layout](meaning, found, reference)


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


def _plain(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    if problem := _shapes_problem(found, reference):
        return Difference(problem=problem)
    return Difference(_relative(found, reference))


def _yolo(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """The first output is [N, 4 + classes + others, anchors]: boxes in pixels, then scores."""
    result = _plain(meaning, found, reference)
    if not result.problem:
        ours, theirs = (next(iter(outputs.values())) for outputs in (found, reference))
        result.boxes_px = _largest(ours[:, :4], theirs[:, :4])
        scores = slice(4, 4 + meaning.classes)
        result.scores = _largest(ours[:, scores], theirs[:, scores])
    return result


# ---- Detections ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Detections:
    boxes: np.ndarray  # [M, 4] in pixels
    scores: np.ndarray  # [M]
    classes: np.ndarray  # [M]
    others: tuple[np.ndarray, ...] = ()  # [M, ...]: masks, key points


def _rows(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """The first output is [1, M, 6 + others]: a box in pixels, score, class."""
    return _rows_of(1.0, found, reference)


def _unit_rows(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """As _rows, boxes of 0…1."""
    return _rows_of(meaning.side, found, reference)


def _rows_of(scale: float, found: Outputs, reference: Outputs) -> Difference:
    ours, theirs = (next(iter(outputs.values()))[0] for outputs in (found, reference))
    return _matched(*(_Detections(rows[:, :4] * scale, rows[:, 4], rows[:, 5], (rows[:, 6:],))
                      for rows in (ours, theirs)))


def _lists(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """torchvision's `boxes` [M, 4] in pixels, `scores` and `labels` [M], and what else is of each box."""
    def detections(outputs: Outputs) -> _Detections:
        others = dict(sorted(outputs.items()))
        return _Detections(*(others.pop(name) for name in ("boxes", "scores", "labels")), tuple(others.values()))
    return _matched(detections(found), detections(reference))


def _sigmoid_queries(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """RT-DETR's `logits` [1, Q, classes] and `pred_boxes` [1, Q, 4] of 0…1."""
    def scores(logits: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-logits))
    return _queries(meaning, scores, found, reference)


def _softmax_queries(meaning: Meaning, found: Outputs, reference: Outputs) -> Difference:
    """DETR's `logits` [1, Q, classes + 1], of which the last is "nothing", and `pred_boxes`."""
    def scores(logits: np.ndarray) -> np.ndarray:
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return (powers / powers.sum(1, keepdims=True))[:, :-1]
    return _queries(meaning, scores, found, reference)


def _queries(meaning: Meaning, scores: Callable[[np.ndarray], np.ndarray], found: Outputs,
             reference: Outputs) -> Difference:
    """Selected queries stand in any order, and the scores of all classes count: the best two may be nearly the same."""
    def detections(outputs: Outputs) -> _Detections:
        of_classes = scores(outputs["logits"][0].astype(np.float64))
        return _Detections(outputs["pred_boxes"][0] * meaning.side, of_classes.max(1), np.zeros(len(of_classes)),
                           (of_classes,))
    result = _matched(detections(found), detections(reference))
    result.misplaced = None
    return result


def _matched(ours: _Detections, theirs: _Detections) -> Difference:
    """Each detection of the reference against ours of the same class whose box and score are nearest."""
    mates = _mates(theirs, ours)
    here = np.flatnonzero(mates >= 0)
    there = mates[here]
    wanted = theirs.scores > LEAST_SCORE
    missing = int((wanted & (mates < 0)).sum())
    surplus = int(((ours.scores > LEAST_SCORE) & (_mates(ours, theirs) < 0)).sum())
    others = [({"": mine[there]}, {"": other[here]}) for mine, other in zip(ours.others, theirs.others) if other.size]
    return Difference(
        relative=max((_relative(*pair) for pair in others), default=None),
        boxes_px=_largest(ours.boxes[there], theirs.boxes[here]),
        scores=_largest(ours.scores[there], theirs.scores[here]),
        detections=int(wanted.sum()), unmatched=missing + surplus,
        misplaced=_misplaced(there, theirs.scores[here]))


def _mates(those: _Detections, others: _Detections) -> np.ndarray:
    """Which of `others`, each taken once, each of `those` above LEAST_SCORE is; -1 without."""
    mates = np.full(len(those.scores), -1)
    free = np.ones(len(others.scores), bool)
    for index in np.flatnonzero(those.scores > LEAST_SCORE):
        away = np.abs(others.boxes - those.boxes[index]).max(1, initial=0)
        near = np.flatnonzero(free & (others.classes == those.classes[index]) & (away < NEAR))
        if near.size:
            best = near[np.argmin(away[near] + np.abs(others.scores[near] - those.scores[index]))]
            mates[index], free[best] = best, False
    return mates


def _misplaced(places: np.ndarray, scores: np.ndarray) -> int:
    """How many stand, with another score, before one that comes earlier in the reference; both in its order."""
    before = (places[None, :] < places[:, None]) & (np.abs(scores[None, :] - scores[:, None]) > SAME_SCORE)
    return int(np.triu(before, 1).any(0).sum())


LAYOUTS: dict[str, Callable[[Meaning, Outputs, Outputs], Difference]] = {
    "plain": _plain, "yolo": _yolo, "rows": _rows, "unit rows": _unit_rows, "lists": _lists,
    "sigmoid queries": _sigmoid_queries, "softmax queries": _softmax_queries}

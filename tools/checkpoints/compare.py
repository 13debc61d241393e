"""How far detections of the exported model are from the source's."""

import dataclasses

import numpy as np

from checkpoints.source import Detections

MOST_PX, MOST_SCORE = 0.01, 1e-5  # what is agreement
NEAR = 1.0  # pixels: one detection is another one's when no side is further away


@dataclasses.dataclass
class Agreement:
    """Over all pictures."""

    pictures: int = 0
    boxes: int = 0  # of the source
    swapped: int = 0  # stand elsewhere in the order, among the source's scores that are MOST_SCORE away at most
    box_px: float = 0.0
    score: float = 0.0
    problems: list[str] = dataclasses.field(default_factory=list)

    def add(self, picture: str, found: Detections, expected: Detections) -> None:
        self.pictures += 1
        self.boxes += len(expected.scores)
        if problem := self._compare(found, expected):
            self.problems.append(f"{picture}: {problem}")

    def _compare(self, found: Detections, expected: Detections) -> str:
        if len(found.scores) != len(expected.scores):
            return f"expected {len(expected.scores)} boxes, found {len(found.scores)}"
        mates = [_mate(expected, i, found) for i in range(len(expected.scores))]
        lost = [i for i, mate in enumerate(mates) if mate is None]
        if lost:
            return f"{len(lost)} boxes are not found, the first: {_said(expected, lost[0])}"
        if len(set(mates)) < len(mates):
            return "one box is the nearest of two"
        self.box_px = max(self.box_px, float(np.abs(found.boxes[mates] - expected.boxes).max(initial=0)))
        self.score = max(self.score, float(np.abs(found.scores[mates] - expected.scores).max(initial=0)))
        for i, mate in enumerate(mates):
            if abs(expected.scores[mate] - expected.scores[i]) > MOST_SCORE:
                return f"expected number {i} to be {_said(expected, i)}, found it as number {mate}"
            self.swapped += mate != i
        return ""

    def problem(self) -> str:
        """The first; empty where all agrees."""
        if self.problems:
            return self.problems[0]
        for kind, found, most in (("boxes", self.box_px, MOST_PX), ("scores", self.score, MOST_SCORE)):
            if found > most:
                return f"{kind}: expected at most {most:.0e} away, found {found:.1e}"
        return ""


def _mate(those: Detections, index: int, others: Detections) -> int | None:
    """Which of `others`, of the same class, is the nearest."""
    away = np.abs(others.boxes - those.boxes[index]).max(1, initial=0)
    near = np.flatnonzero((others.labels == those.labels[index]) & (away < NEAR))
    if not near.size:
        return None
    return int(near[np.argmin(away[near] + np.abs(others.scores[near] - those.scores[index]))])


def _said(those: Detections, index: int) -> str:
    box = " ".join(f"{side:.2f}" for side in those.boxes[index])
    return f"class {those.labels[index]}, score {those.scores[index]:.6f}, box {box}"

"""ByteTrack (arXiv 2110.06864) with full matrices and SciPy's assignment, for boxes in edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Box = NDArray[np.float64]

MOTION = np.eye(8) + np.eye(8, k=4)
SEEN = np.eye(4, 8)


def numbers_of(box: Box) -> Box:
    """Centre, aspect ratio, height."""
    height = max(box[3] - box[1], 1e-3)
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0]) / height, height])


class Filter:
    """The Kalman filter of eight states."""

    def __init__(self, box: Box) -> None:
        seen = numbers_of(box)
        self.mean = np.concatenate([seen, np.zeros(4)])
        h = seen[3]
        self.covariance = np.diag(np.array([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]) ** 2)

    def predict(self, keeps_height: bool) -> None:
        if keeps_height:
            self.mean[7] = 0
        h = self.mean[3]
        noise = np.array([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160])
        self.mean = MOTION @ self.mean
        self.covariance = MOTION @ self.covariance @ MOTION.T + np.diag(noise ** 2)

    def update(self, box: Box) -> None:
        h = self.mean[3]
        noise = np.diag(np.array([h / 20, h / 20, 1e-1, h / 20]) ** 2)
        total = SEEN @ self.covariance @ SEEN.T + noise
        gain = np.linalg.solve(total, SEEN @ self.covariance).T
        self.mean = self.mean + gain @ (numbers_of(box) - SEEN @ self.mean)
        self.covariance = self.covariance - gain @ total @ gain.T

    def box(self) -> Box:
        x, y, aspect, h = self.mean[:4]
        return np.array([x - aspect * h / 2, y - h / 2, x + aspect * h / 2, y + h / 2])


def overlap(a: Box, b: Box) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


class Track:
    def __init__(self, box: Box, kind: int, frame: int) -> None:
        self.filter, self.kind, self.begin, self.last, self.seen = Filter(box), kind, frame, frame, True
        self.number: int | None = None


class Tracker:
    def __init__(self, tau: float = 0.6) -> None:
        self.tau, self.low, self.epsilon, self.buffer = tau, min(0.1, tau), min(tau + 0.1, 1.0), 30
        self.tracks: list[Track] = []
        self.frame = self.confirmed = 0

    def match(self, tracks: list[Track], boxes: Box, kinds: list[int], chosen: list[int],
              least: float) -> list[tuple[Track, int]]:
        if not tracks or not chosen:
            return []
        gains = np.array([[overlap(t.filter.box(), boxes[i]) if t.kind == kinds[i] else 0.0 for i in chosen]
                          for t in tracks])
        worth = np.where(gains >= least, gains - least, 0)
        rows, columns = linear_sum_assignment(-worth)
        return [(tracks[r], chosen[c]) for r, c in zip(rows, columns, strict=True) if gains[r, c] >= least]

    def update(self, boxes: Box, scores: list[float], kinds: list[int]) -> list[int | None]:
        self.frame += 1
        for track in self.tracks:
            track.filter.predict(not track.seen)
        high = [i for i, s in enumerate(scores) if s >= self.tau]
        low = [i for i, s in enumerate(scores) if self.low <= s < self.tau]
        known = [t for t in self.tracks if t.number is not None]
        pairs = self.match(known, boxes, kinds, high, 0.2)
        rest = [t for t in known if t.seen and t not in [p[0] for p in pairs]]
        high = [i for i in high if i not in [p[1] for p in pairs]]
        pairs += self.match(rest, boxes, kinds, low, 0.5)
        again = self.match([t for t in self.tracks if t.number is None], boxes, kinds, high, 0.3)
        high = [i for i in high if i not in [p[1] for p in again]]
        for track in self.tracks:
            track.seen = False
        found: list[int | None] = [None] * len(scores)
        for track, index in pairs + again:
            track.filter.update(boxes[index])
            track.seen, track.last = True, self.frame
            self.confirm(track)
            found[index] = track.number
        self.tracks = [t for t in self.tracks
                       if t.seen or t.number is not None and self.frame - t.last <= self.buffer]
        self.drop_duplicates()
        for index in (i for i in high if scores[i] >= self.epsilon):
            track = Track(boxes[index], kinds[index], self.frame)
            self.tracks.append(track)
            if self.frame == 1:
                self.confirm(track)
                found[index] = track.number
        return found

    def confirm(self, track: Track) -> None:
        if track.number is None:
            self.confirmed += 1
            track.number = self.confirmed

    def drop_duplicates(self) -> None:
        dropped = set()
        for a in (t for t in self.tracks if not t.seen):
            for b in (t for t in self.tracks if t.seen):
                if a.kind == b.kind and overlap(a.filter.box(), b.filter.box()) > 0.85:
                    dropped.add(id(a if a.last - a.begin <= b.last - b.begin else b))
        self.tracks = [t for t in self.tracks if id(t) not in dropped]

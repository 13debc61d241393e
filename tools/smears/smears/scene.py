"""A whole picture: where the cells lie, and the camera."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cells import add_glints, paint_platelet, paint_red, paint_white
from .shapes import Array, Outline, Patch, blur, clouds, random_outline, trace
from .stain import Stain, random_stain

RED, WHITE, PLATELET = 0, 1, 2
CLASS_NAMES = ("RBC", "WBC", "Platelets")


class Smear(NamedTuple):
    """8-bit RGB [H, W, 3]; (x1, y1, x2, y2) of every cell, in edges; class indices."""

    picture: NDArray[np.uint8]
    boxes: list[tuple[int, int, int, int]]
    labels: list[int]


def _place(rng: np.random.Generator, taken: list[tuple[float, float, float]], radius: float,
           width: int, height: int, overlap: float) -> tuple[float, float] | None:
    """A free place; neighbours may come as near as `overlap` of the sum of radii."""
    for _ in range(40):
        if taken and rng.random() < 0.45:
            # Smears clump: half of the cells try to touch one that is there.
            x0, y0, r0 = taken[int(rng.integers(len(taken)))]
            angle = rng.uniform(0, 2 * np.pi)
            distance = (r0 + radius) * rng.uniform(overlap, 1.05)
            x, y = x0 + distance * np.cos(angle), y0 + distance * np.sin(angle)
        else:
            x, y = rng.uniform(-0.1, 1.1) * width, rng.uniform(-0.1, 1.1) * height
        inside = (-0.35 * radius < x < width + 0.35 * radius
                  and -0.35 * radius < y < height + 0.35 * radius)
        if inside and all(np.hypot(x - a, y - b) > overlap * (radius + r) for a, b, r in taken):
            return float(x), float(y)
    return None


def _layout(rng: np.random.Generator, width: int, height: int,
            magnification: float) -> list[tuple[int, Outline]]:
    """White cells first, as they are few and large; then red ones; platelets in between."""
    taken: list[tuple[float, float, float]] = []
    cells: list[tuple[int, Outline]] = []
    share = width * height / (640 * 480) / magnification ** 2

    def add(kind: int, count: int, radius: tuple[float, float], overlap: float,
            elongation: float, wobble: float) -> None:
        for _ in range(count):
            size = rng.uniform(*radius) * magnification
            where = _place(rng, taken, size, width, height, overlap)
            if where is not None:
                taken.append((*where, size))
                cells.append((kind, random_outline(rng, *where, size, elongation, wobble)))

    base = rng.uniform(48, 56)
    whites = int(rng.choice((0, 1, 2), p=(0.08, 0.82, 0.10)) * max(round(share), 1))
    add(WHITE, whites, (62, 125), 0.75, 0.16, 0.035)
    add(RED, int(rng.integers(11, 27) * share), (base * 0.86, base * 1.12),
        rng.uniform(0.55, 0.85), 0.13, rng.choice((0.015, 0.03, 0.05)))
    add(PLATELET, int(rng.poisson(1.6 * share)), (14, 25), 0.95, 0.22, 0.10)
    return cells


def _expose(absorbance: Array, stain: Stain, rng: np.random.Generator,
            glints: list[tuple[float, float, float]]) -> NDArray[np.uint8]:
    """Light through the slide, lens, sensor."""
    height, width = absorbance.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width - 0.5, y / height - 0.5
    tilt = rng.normal(0, 0.06, 2)
    shade = 1 + tilt[0] * u + tilt[1] * v - rng.uniform(0.05, 0.25) * (u * u + v * v)
    shade += 0.008 * clouds(rng, height, width, 90)
    picture = stain.light * shade[..., None] * np.exp(-absorbance)
    # Plasma has a faint stain of its own.
    picture *= 1 - 0.012 * np.clip(clouds(rng, height, width, 35), -2, 2)[..., None]
    picture = blur(picture.astype(np.float32), stain.focus)
    add_glints(picture, glints, rng)
    _dust(picture, rng)
    grain = rng.normal(0, stain.noise, (height, width, 3)).astype(np.float32)
    picture = blur(picture + blur(grain, 0.8) * 1.5, 0.45)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _dust(picture: Array, rng: np.random.Generator) -> None:
    """A few grey specks on the lens."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.poisson(2.0))):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(1.5, 4.5)
        x1, y1 = max(int(x - 4 * r), 0), max(int(y - 4 * r), 0)
        window = picture[y1:int(y + 4 * r) + 1, x1:int(x + 4 * r) + 1]
        yy, xx = np.mgrid[0:window.shape[0], 0:window.shape[1]].astype(np.float32)
        distance = np.hypot(xx + x1 - x, yy + y1 - y)
        window *= 1 - (rng.uniform(0.15, 0.45) * np.exp(-(distance / r) ** 2))[..., None]


def _visible(patch: Patch, outline: Outline, covered: NDArray[np.bool_]) -> bool:
    """Whether enough of a cell is in the picture, and not below another, to be worth a box."""
    whole = np.pi * outline.a * outline.b
    return int(((patch.rho <= 1) & ~patch.window(covered)).sum()) > 0.15 * whole


def draw(seed: int, width: int = 640, height: int = 480, magnification: float = 1.0) -> Smear:
    """The smear of a seed. `magnification` 1 gives red cells of about 105 pixels."""
    rng = np.random.default_rng(seed)
    stain = random_stain(rng)
    cells = _layout(rng, width, height, magnification)
    absorbance = np.zeros((height, width, 3), dtype=np.float32)
    glints: list[tuple[float, float, float]] = []
    boxes, labels = [], []
    under_white = np.zeros((height, width), dtype=bool)
    for outline in (outline for kind, outline in cells if kind == WHITE):
        if (patch := trace(outline, height, width)) is not None:
            patch.window(under_white)[...] |= patch.rho <= 1
    nowhere = np.zeros_like(under_white)
    # Red cells lie lowest: a white cell's cytoplasm covers them, platelets settle on top.
    for kind, outline in sorted(cells, key=lambda cell: (RED, WHITE, PLATELET).index(cell[0])):
        if kind == RED:
            patch = paint_red(absorbance, outline, stain, rng, glints)
        elif kind == WHITE:
            patch = paint_white(absorbance, outline, stain, rng)
        else:
            patch = paint_platelet(absorbance, outline, stain, rng)
        if patch is not None and _visible(
                patch, outline, under_white if kind == RED else nowhere):
            box = patch.box()
            assert box is not None
            boxes.append(box)
            labels.append(kind)
    # Drops under a white cell would shine through it.
    hidden = [o for k, o in cells if k == WHITE]
    glints = [g for g in glints if all(np.hypot(g[0] - o.x, g[1] - o.y) > o.reach()
                                       for o in hidden)]
    return Smear(_expose(absorbance, stain, rng, glints), boxes, labels)

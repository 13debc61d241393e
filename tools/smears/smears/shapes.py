"""Outlines and textures as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Outline:
    """A closed curve around a centre: an ellipse whose radius wobbles with the angle."""

    x: float
    y: float
    a: float
    b: float
    turn: float
    amplitudes: tuple[float, ...]
    phases: tuple[float, ...]

    def reach(self) -> float:
        """No point of the curve is farther from the centre."""
        return max(self.a, self.b) * (1 + sum(abs(v) for v in self.amplitudes))

    def moved(self, dx: float, dy: float, scale: float) -> Outline:
        return Outline(self.x + dx, self.y + dy, self.a * scale, self.b * scale, self.turn,
                       self.amplitudes, self.phases)


def random_outline(rng: np.random.Generator, x: float, y: float, radius: float,
                   elongation: float, wobble: float, harmonics: int = 5) -> Outline:
    """A cell-like curve; higher harmonics are weaker."""
    ratio = float(np.exp(abs(rng.normal(0, elongation)) / 2))
    orders = np.arange(2, 2 + harmonics)
    amplitudes = rng.normal(0, wobble, harmonics) / (orders - 1)
    return Outline(x, y, radius * ratio, radius / ratio, float(rng.uniform(0, np.pi)),
                   tuple(amplitudes.tolist()), tuple(rng.uniform(0, 2 * np.pi, harmonics).tolist()))


@dataclass(frozen=True)
class Patch:
    """The part of a picture that a shape can touch, and its relative radius there.

    `rho` is 0 at the centre and 1 on the outline; `unit` is the pixels in one unit of it.
    """

    top: int
    left: int
    rho: Array
    angle: Array
    unit: float

    def window(self, canvas: Array) -> Array:
        height, width = self.rho.shape
        return canvas[self.top:self.top + height, self.left:self.left + width]

    def cover(self, softness: float = 1.2, limit: float = 1.0) -> Array:
        """1 inside, 0 outside, with an edge of about `softness` pixels."""
        return smoothstep((limit - self.rho) * self.unit / softness + 0.5)

    def box(self) -> tuple[int, int, int, int] | None:
        """Edges (x1, y1, x2, y2) of the pixels inside the outline; None when there are none."""
        rows, columns = np.nonzero(self.rho <= 1)
        if not rows.size:
            return None
        return (int(self.left + columns.min()), int(self.top + rows.min()),
                int(self.left + columns.max() + 1), int(self.top + rows.max() + 1))


def smoothstep(t: Array) -> Array:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def trace(outline: Outline, height: int, width: int, margin: float = 1.25) -> Patch | None:
    """Evaluates an outline on the pixel centres of the picture that it can touch."""
    reach = outline.reach() * margin + 2
    left, right = max(int(outline.x - reach), 0), min(int(outline.x + reach) + 1, width)
    top, bottom = max(int(outline.y - reach), 0), min(int(outline.y + reach) + 1, height)
    if left >= right or top >= bottom:
        return None
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32) + 0.5
    dx, dy = x - outline.x, y - outline.y
    cos, sin = np.cos(outline.turn), np.sin(outline.turn)
    u, v = (dx * cos + dy * sin) / outline.a, (dy * cos - dx * sin) / outline.b
    angle = np.arctan2(v, u)
    radius = np.ones_like(u)
    for order, (size, phase) in enumerate(zip(outline.amplitudes, outline.phases), start=2):
        radius += size * np.cos(order * angle + phase)
    rho = np.hypot(u, v) / np.maximum(radius, 0.3)
    unit = float(np.sqrt(outline.a * outline.b))
    return Patch(top, left, rho.astype(np.float32), angle.astype(np.float32), unit)


def clouds(rng: np.random.Generator, height: int, width: int, grain: float) -> Array:
    """Smooth noise of zero mean and unit deviation; `grain` is its feature size in pixels."""
    rows, columns = max(int(height / grain), 1) + 3, max(int(width / grain), 1) + 3
    coarse = rng.normal(0, 1, (rows, columns)).astype(np.float32)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    values = np.asarray(image, dtype=np.float32)
    return (values - values.mean()) / (values.std() + 1e-6)


def blur(picture: Array, sigma: float) -> Array:
    """Gaussian blur of the first two axes, edges repeated (Pillow blurs no float images)."""
    if sigma <= 0:
        return picture
    reach = max(int(3 * sigma + 0.5), 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        pad = [(reach, reach) if a == axis else (0, 0) for a in range(picture.ndim)]
        padded = np.pad(picture, pad, mode="edge")
        size = picture.shape[axis]
        picture = sum(weight * np.take(padded, np.arange(k, k + size), axis=axis)
                      for k, weight in enumerate(kernel))
    return picture

"""The three kinds of cell, each painted onto a canvas of absorbance [H, W, 3]."""

from __future__ import annotations

import numpy as np

from .shapes import Array, Outline, Patch, clouds, random_outline, smoothstep, trace
from .stain import Stain


def paint_red(canvas: Array, outline: Outline, stain: Stain, rng: np.random.Generator,
              glints: list[tuple[float, float, float]]) -> Patch | None:
    """A disc that is thinner, so paler, in its middle; some look solid, some like rings."""
    patch = trace(outline, *canvas.shape[:2])
    if patch is None:
        return None
    pale = np.clip(stain.pallor * rng.uniform(0.1, 1.7), 0, 0.95)
    width = rng.uniform(0.38, 0.62)
    flatness = rng.uniform(1.6, 3.2)
    centre = np.exp(-(patch.rho / width) ** (2 * flatness / 1.6))
    rim = stain.rim * np.exp(-((patch.rho - 0.93) / 0.06) ** 2)
    dome = 0.90 + 0.10 * np.clip(1 - patch.rho ** 2, 0, 1)
    texture = 1 + 0.03 * clouds(rng, *patch.rho.shape, 14)
    depth = (dome - pale * centre + rim) * texture * patch.cover(1.8)
    # The bright fringe just outside is diffraction at the cell's edge.
    depth -= 0.10 * np.exp(-((patch.rho - 1.05) / 0.035) ** 2) * (0.4 + stain.rim)
    strength = np.exp(rng.normal(0, 0.13))
    window = patch.window(canvas)
    before = window.mean(axis=-1, keepdims=True)
    # Cells that lie over each other thin out where they touch, so the sum stays below double.
    window += depth[..., None] * stain.red * strength / (1 + 1.1 * np.clip(before, 0, 1))
    if rng.random() < stain.glare:
        reach = patch.unit * 0.35
        glints.append((outline.x + rng.normal(0, reach), outline.y + rng.normal(0, reach),
                       patch.unit * rng.uniform(0.10, 0.2)))
    return patch


def _lobes(outline: Outline, rng: np.random.Generator) -> list[Outline]:
    """A chain of blobs inside the cell: two to five lobes, or one large round nucleus."""
    radius = float(np.sqrt(outline.a * outline.b))
    count = int(rng.choice((1, 2, 3, 4, 5), p=(0.16, 0.16, 0.28, 0.25, 0.15)))
    if count == 1:
        shift = rng.normal(0, 0.07 * radius, 2)
        return [random_outline(rng, outline.x + shift[0], outline.y + shift[1],
                               radius * rng.uniform(0.6, 0.76), 0.2, 0.07)]
    start, direction = rng.uniform(0, 2 * np.pi), rng.choice((-1.0, 1.0))
    spread = rng.uniform(0.42, 0.54) * radius
    step = rng.uniform(0.9, 1.35) if count < 5 else rng.uniform(0.85, 1.15)
    lobes = []
    for index in range(count):
        angle = start + direction * index * step
        distance = spread * rng.uniform(0.75, 1.15)
        lobes.append(random_outline(rng, outline.x + distance * np.cos(angle),
                                    outline.y + distance * np.sin(angle),
                                    radius * rng.uniform(0.24, 0.35), 0.35, 0.10))
    return lobes


def paint_white(canvas: Array, outline: Outline, stain: Stain,
                rng: np.random.Generator) -> Patch | None:
    """Granular cytoplasm around a dark violet nucleus; it hides what lies below it."""
    patch = trace(outline, *canvas.shape[:2])
    if patch is None:
        return None
    shape = patch.rho.shape
    cover = patch.cover(3.0)
    window = patch.window(canvas)
    window *= 1 - 0.93 * cover[..., None]
    granules = clouds(rng, *shape, rng.uniform(4, 7))
    patches = clouds(rng, *shape, 30)
    body = (0.85 + rng.uniform(0.06, 0.18) * granules + 0.10 * patches
            + 0.25 * np.exp(-((patch.rho - 0.96) / 0.05) ** 2))
    strength = np.exp(rng.normal(-0.05, 0.25))
    window += (np.clip(body, 0.2, 2) * cover * strength)[..., None] * stain.cytoplasm
    # The lobes merge as a soft union, which leaves the bridges between them.
    field = np.zeros(shape, dtype=np.float32)
    for lobe in _lobes(outline, rng):
        part = trace(lobe, *canvas.shape[:2], margin=1.9)
        if part is None:
            continue
        top, left = part.top - patch.top, part.left - patch.left
        y1, x1 = max(top, 0), max(left, 0)
        y2 = min(top + part.rho.shape[0], shape[0])
        x2 = min(left + part.rho.shape[1], shape[1])
        if y1 >= y2 or x1 >= x2:
            continue
        piece = np.exp(-3.2 * (part.rho ** 2 - 1))[y1 - top:y2 - top, x1 - left:x2 - left]
        field[y1:y2, x1:x2] += piece
    nucleus = smoothstep((np.log(field + 1e-6) + 0.15) * 1.6) * smoothstep(
        (0.99 - patch.rho) * 14)
    chromatin = np.clip(0.90 + 0.10 * clouds(rng, *shape, 9) + 0.05 * granules, 0.5, 1.4)
    weight = (nucleus * chromatin)[..., None]
    window *= 1 - 0.85 * nucleus[..., None]
    window += weight * stain.nucleus * np.exp(rng.normal(0, 0.1))
    return patch


def paint_platelet(canvas: Array, outline: Outline, stain: Stain,
                   rng: np.random.Generator) -> Patch | None:
    """A small ragged granular body with a darker middle."""
    patch = trace(outline, *canvas.shape[:2])
    if patch is None:
        return None
    granules = clouds(rng, *patch.rho.shape, 4.5)
    body = (0.55 + 0.75 * np.exp(-(patch.rho / 0.6) ** 2)) * (1 + 0.28 * granules)
    depth = np.clip(body, 0, 2.5) * patch.cover(4.0) * np.exp(rng.normal(0.05, 0.22))
    window = patch.window(canvas)
    window *= 1 - 0.45 * patch.cover(4.0)[..., None]
    window += depth[..., None] * stain.platelet
    return patch


def add_glints(picture: Array, glints: list[tuple[float, float, float]],
               rng: np.random.Generator) -> None:
    """Refractive drops on cells: a dark ring, a bright off-centre spot, a violet fringe."""
    for x, y, radius in glints:
        patch = trace(random_outline(rng, x, y, radius, 0.3, 0.12), *picture.shape[:2], 1.6)
        if patch is None:
            continue
        window = patch.window(picture)
        ring = np.exp(-((patch.rho - 0.95) / 0.22) ** 2)
        crescent = ring * (0.5 + 0.5 * np.cos(patch.angle + rng.uniform(0, 2 * np.pi)))
        window *= 1 - 0.30 * crescent[..., None] * np.array((0.7, 1.0, 0.75), dtype=np.float32)
        spot = np.exp(-(patch.rho / 0.55) ** 2)[..., None]
        window += 0.55 * spot * (np.array((0.97, 0.90, 0.95), dtype=np.float32) - window)

"""How a slide is stained, lit and focused: what all cells of a picture have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .shapes import Array


@dataclass(frozen=True)
class Stain:
    """Absorbance (natural logarithm, RGB) of each material, and the optics."""

    light: Array
    red: Array
    cytoplasm: Array
    nucleus: Array
    platelet: Array
    focus: float
    rim: float
    pallor: float
    glare: float
    noise: float


def random_stain(rng: np.random.Generator) -> Stain:
    """Between a pale pink and a strong violet slide, sharp to slightly out of focus."""
    violet = rng.uniform(0, 1)
    strength = rng.uniform(0.8, 1.25)

    def colour(pink: tuple[float, ...], purple: tuple[float, ...], spread: float) -> Array:
        mixed = np.array(pink) * (1 - violet) + np.array(purple) * violet
        return (mixed * strength * np.exp(rng.normal(0, spread, 3))).astype(np.float32)

    light = np.array((rng.uniform(0.78, 0.90), 0.0, 0.0), dtype=np.float32)
    light[1] = light[0] * rng.uniform(0.99, 1.05)
    light[2] = light[0] * rng.uniform(0.92, 1.03)
    return Stain(
        light=light,
        red=colour((0.09, 0.36, 0.37), (0.20, 0.47, 0.27), 0.08),
        cytoplasm=colour((0.13, 0.36, 0.06), (0.22, 0.46, 0.07), 0.12),
        nucleus=colour((0.88, 1.05, 0.10), (0.72, 1.00, 0.09), 0.09),
        platelet=colour((0.38, 0.40, 0.06), (0.42, 0.50, 0.08), 0.10),
        focus=float(rng.uniform(0.5, 1.5)),
        rim=float(rng.uniform(0.05, 0.30)),
        pallor=float(rng.uniform(0.25, 0.75)),
        glare=float(rng.choice((0.0, 0.0, 0.35, 0.7))),
        noise=float(rng.uniform(0.006, 0.014)),
    )

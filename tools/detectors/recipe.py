"""What a recipe is, and all of them by name."""

import dataclasses
import importlib
import pathlib
from collections.abc import Callable

import numpy as np

from detectors import calibration

FAMILIES = ("yolo", "efficientdet", "torchvision", "transformers", "wheels")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to make one ONNX file with one input, and what to compare it with."""

    name: str
    make: Callable[[pathlib.Path], None]  # writes the file
    shape: tuple[int, ...]
    layout: str = "plain"  # of the outputs: a key of differences.LAYOUTS
    tolerance: float = 1e-4  # in parts of an output's range, of the picture's longer side, of a score of 1
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of the input's normalisation
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    drawn: Callable[[int, int], np.ndarray] = calibration.other_picture  # of a height and a width, 0…1
    channels_last: bool = False

    def picture(self) -> np.ndarray:
        """The input that is compared and measured."""
        height, width = self.shape[-3:-1] if self.channels_last else self.shape[-2:]
        values = calibration.normalised(self.drawn(height, width), self.mean, self.deviation)
        if self.channels_last:
            values = np.ascontiguousarray(values.transpose(0, 2, 3, 1))
        return values.reshape(self.shape)


def recipes() -> dict[str, Recipe]:
    """All recipes, family after family."""
    found = {}
    for family in FAMILIES:
        for recipe in importlib.import_module(f"detectors.recipes.{family}").RECIPES:
            found[recipe.name] = recipe
    return found


def make(name: str, model: pathlib.Path) -> None:
    """Writes the file of a recipe, whole or not at all."""
    part = model.with_suffix(".part")
    recipes()[name].make(part)
    part.rename(model)

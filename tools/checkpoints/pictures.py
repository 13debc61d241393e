"""Real pictures whose sides, once they are resized, no convention finds already divisible."""

import pathlib

import numpy as np
from PIL import Image

from bench.cases import ROOT

# Of the folder beside the repository: height and width of the part from the upper left corner.
PARTS = {
    "bccd/val/images/BloodImage_00000.jpg": (480, 640),
    "bccd/val/images/BloodImage_00002.jpg": (397, 611),
    "bccd/val/images/BloodImage_00014.jpg": (211, 637),
    "cards/train/images/IMG_2385.JPG": (501, 373),
}
EXAMPLES = ROOT / "Examples"


def pictures() -> dict[str, np.ndarray]:
    """[H, W, 3] of 8-bit red, green and blue by name; where shared/data is missing, the pictures of the examples."""
    folder = next((parent / "shared/data" for parent in ROOT.parents if (parent / "shared/data").is_dir()), None)
    if folder is None:
        return {path.name: _read(path) for path in sorted(EXAMPLES.glob("*.png"))}
    return {pathlib.Path(name).name: np.ascontiguousarray(_read(folder / name)[:height, :width])
            for name, (height, width) in PARTS.items()}


def _read(path: pathlib.Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))

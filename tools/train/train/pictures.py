"""Picture files: which formats are read, and how."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from .reasons import reason

# Pillow also knows formats that run other programs (EPS); no photograph needs them.
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP")
# What Pillow raises for files that are cut, damaged or too large.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)


class PictureError(ValueError):
    """A file that cannot be read as a picture."""


def picture_size(path: Path, decode: bool) -> tuple[int, int]:
    """(width, height) as shown, from the header or, with `decode`, after reading all of it.

    A PNG is always read whole: it may say at its end that it is turned.
    Raises PictureError.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            if decode:
                image.load()
            return image.size[::-1] if _is_turned(image) else image.size
    except UNREADABLE as error:
        raise PictureError(reason(error)) from error


def _is_turned(image: Image.Image) -> bool:
    """Whether EXIF says that the picture is shown with its sides exchanged."""
    return image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)


def read_picture(path: Path) -> np.ndarray:
    """8-bit RGB [H, W, 3], turned as EXIF says, as `iourun` turns it. Raises PictureError."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except UNREADABLE as error:
        raise PictureError(f"{path}: {reason(error)}") from error

"""Random pictures, resized by other libraries."""

import cv2
import detection_reference as reference
import numpy as np
from PIL import Image


def picture(height, width, seed=0, padding=0):
    """Random pixels; `padding` bytes are between rows."""
    random = np.random.default_rng(seed + 31 * height + width)
    rows = random.integers(0, 256, (height, width * 3 + padding), np.uint8)
    return np.lib.stride_tricks.as_strided(rows, (height, width, 3), (rows.strides[0], 3, 1))


def pillow_bilinear(pixels, height, width):
    """One axis at a time: up to version 12 x always came first."""
    wide = Image.fromarray(np.ascontiguousarray(pixels)).resize((width, len(pixels)), Image.BILINEAR)
    return np.asarray(wide.resize((width, height), Image.BILINEAR))


def opencv_bilinear(pixels, height, width):
    return cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_LINEAR)


def with_pillow(metadata, pixels):
    return _by(pillow_bilinear, metadata, pixels)


def with_opencv(metadata, pixels):
    return _by(opencv_bilinear, metadata, pixels)


def _by(function, metadata, pixels):
    height, width = reference.resized_size(metadata, *pixels.shape[:2])[:2]
    return function(pixels, height, width).astype(np.float64).transpose(2, 0, 1)

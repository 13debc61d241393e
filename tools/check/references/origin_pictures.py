"""Origins' own ways from a picture to their network's input, each written from the code of its origin.

[H, W, 3] of 8-bit red, green and blue becomes [h, w, 3] of floats, which the origin pads with zeros to multiples of
`MULTIPLE`. As in `origin_decoders`, no metadata here.
"""

import numpy as np
import torch
from pictures import opencv_bilinear, pillow_bilinear

SHORT, LONG = 800, 1333
MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
MULTIPLE = {"torchvision": 32, "detectron2": 32, "odtk": 128, "mmdetection": 32}


def mmdetection(picture, short=SHORT, long=LONG):
    """All versions: OpenCV, sides rounded to the nearest."""
    height, width = picture.shape[:2]
    factor = min(long / max(height, width), short / min(height, width))
    pixels = opencv_bilinear(picture, int(height * factor + 0.5), int(width * factor + 0.5))
    return (pixels.astype(np.float32) - MEAN * 255) / (DEVIATION * 255)


def torchvision(picture, short=SHORT, long=LONG):
    """Normalised first, resized as floats, sides rounded down."""
    planes = torch.from_numpy((picture.astype(np.float32) / 255 - MEAN) / DEVIATION).permute(2, 0, 1)[None]
    factor = min(short / min(picture.shape[:2]), long / max(picture.shape[:2]))
    resized = torch.nn.functional.interpolate(
        planes, scale_factor=factor, mode="bilinear", align_corners=False, recompute_scale_factor=True)
    return resized[0].permute(1, 2, 0).numpy()


def detectron2(picture, short=SHORT, long=LONG):
    """Pillow, sides rounded to the nearest; blue first."""
    height, width = picture.shape[:2]
    factor = short / min(height, width)
    sides = (short, factor * width) if height < width else (factor * height, short)
    if max(sides) > long:
        factor = long / max(sides)
        sides = [side * factor for side in sides]
    pixels = pillow_bilinear(picture, *(int(side + 0.5) for side in sides))
    return pixels[..., ::-1].astype(np.float32) - np.float32([103.53, 116.28, 123.675])


def odtk(picture, short=SHORT, long=LONG):
    """Pillow, sides rounded down."""
    height, width = picture.shape[:2]
    ratio = short / min(height, width)
    if ratio * max(height, width) > long:
        ratio = long / max(height, width)
    pixels = pillow_bilinear(picture, int(height * ratio), int(width * ratio))
    return (pixels.astype(np.float32) / 255 - MEAN) / DEVIATION


def padded(pixels, multiple):
    """[1, 3, h, w] with zeros on the right and below."""
    height, width = (-(-side // multiple) * multiple for side in pixels.shape[:2])
    batch = np.zeros((1, 3, height, width), np.float32)
    batch[0, :, :pixels.shape[0], :pixels.shape[1]] = pixels.transpose(2, 0, 1)
    return batch

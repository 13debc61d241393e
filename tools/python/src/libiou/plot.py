"""Boxes drawn into a picture, in the colours of iourun's pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._native import lib
from .extras import extra
from .picture import Pixels

if TYPE_CHECKING:
    from .detections import Detections


def drawn(pixels: Pixels, found: Detections) -> Pixels:
    """Draws into H x W x 3 RGB pixels, the highest scores on top; returns new ones."""
    extra("PIL", "plot", "plot")
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    size = max(8, round(12 * (min(picture.size) / 554) ** 0.88))
    font = ImageFont.load_default(size)
    last = 0 if found.info.inclusive_boxes else 1  # Pillow's corners are pixels that are drawn
    for one in reversed(list(found)):
        if not np.isfinite(one.xyxy).all():
            continue
        x1, y1, x2, y2 = one.xyxy[0].tolist()
        colour = class_colour(int(one.labels[0]))
        corners = (x1, y1, max(x1, x2 - last), max(y1, y2 - last))
        draw.rectangle(corners, outline=colour, width=max(1, round(size * 0.16)))
        text = caption(one)
        left, _, right, bottom = draw.textbbox((0, 0), text, font=font)
        top = max(0.0, y1 - bottom - 2)
        draw.rectangle((x1, top, x1 + right - left + 4, top + bottom + 2), fill=colour)
        dark = lib.iou_draw_wants_dark_text(lib.iou_draw_class_color(int(one.labels[0])))
        draw.text((x1 + 2, top), text, fill=(16, 16, 16) if dark else (255, 255, 255), font=font)
    return np.asarray(picture)


def class_colour(label: int) -> tuple[int, int, int]:
    """Red, green and blue of a class, from 0 to 255."""
    colour = int(lib.iou_draw_class_color(label))
    return colour >> 16, colour >> 8 & 255, colour & 255


def caption(one: Detections) -> str:
    """Such as "RBC 0.87 · IoU 0.91"."""
    iou = float(one.ious[0])
    return f"{one.names[0]} {one.scores[0]:.2f}" + ("" if np.isnan(iou) else f" · IoU {iou:.2f}")

"""Finds what is wrong with annotations and their pictures before the first step."""

from __future__ import annotations

import math
import os
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from .annotations import Annotations, BoxRecord, Edges
from .data_problems import Problems
from .pictures import PictureError, picture_size

OUTSIDE = 1.0
"""Pixels by which a box may leave its picture: rounding in annotations is common."""
SHOW_PROGRESS_FROM = 1000


def box_problem(edges: Edges, size: tuple[int, int]) -> str | None:
    """What is wrong with a box in a picture of (width, height); None if nothing."""
    x1, y1, x2, y2 = edges
    text = "its box from ({:g}, {:g}) to ({:g}, {:g}) ".format(*edges)
    if not all(math.isfinite(edge) for edge in edges):
        return text + "is not finite"
    if x2 < x1 or y2 < y1:
        return text + "is inverted"
    if x2 == x1 or y2 == y1:
        return text + "has no area"
    width, height = size
    if min(x1, y1) < -OUTSIDE or x2 > width + OUTSIDE or y2 > height + OUTSIDE:
        return text + f"is not inside its picture of {width}×{height}"
    return None


def check(found: Annotations, problems: Problems, *, bad_boxes: str = "refuse",
          decode: bool = True, every_class: bool = True) -> tuple[Annotations, list[str]]:
    """The annotations with every box inside its picture, and lines on what was left out.

    `bad_boxes` is `refuse` or `drop`. `decode` reads every picture whole, otherwise only its
    header. `every_class` makes a class without a box a problem. Problems are added, not raised.
    """
    sizes = _check_pictures(found, problems, decode)
    for name in found.class_names:
        if not name.isprintable():
            problems.add(Path(found.source), f"class {name!r}",
                         "its name is not one printable line")
    boxes, dropped = [], []
    for box in found.boxes:
        size = sizes[box.picture]
        text = box_problem(box.edges, size) if size else None
        if text is None:
            boxes.append(_clipped(box, size) if size else box)
        elif bad_boxes == "drop":
            dropped.append(f"{box.file}: {box.record}: {text}")
        else:
            problems.add(box.file, box.record, text)
    if every_class:
        _check_classes(found, boxes, problems)
    lines = []
    if dropped:
        lines.append(f"{found.source}: {len(dropped)} of {len(found.boxes)} boxes dropped; "
                     f"the first is {dropped[0]}")
    if found.left_out:
        lines.append(f"{found.source}: {found.left_out} boxes of other classes left out")
    if found.swapped:
        lines.append(f"{found.source}: put swapped corners of boxes in order ({found.swapped})")
    pictures = [p._replace(size=size) for p, size in zip(found.pictures, sizes)]
    return Annotations(found.source, found.class_names, found.category_ids, pictures, boxes,
                       found.left_out), lines


def _check_pictures(found: Annotations, problems: Problems,
                    decode: bool) -> list[tuple[int, int] | None]:
    """The real size of each picture; None, and a problem, for one that cannot be read."""
    sizes: list[tuple[int, int] | None] = []
    few = len(found.pictures) < SHOW_PROGRESS_FROM
    for record in tqdm(found.pictures, desc="check pictures", unit="picture",
                       disable=True if few else None):
        size = None
        # Unlike Path.is_file this is false for names that no file can have.
        if not os.path.isfile(record.path):
            problems.add(record.file, record.record, f"its picture {record.path} is missing")
        else:
            try:
                size = picture_size(record.path, decode)
            except PictureError as error:
                problems.add(record.file, record.record,
                             f"its picture {record.path} cannot be read: {error}")
        if size is not None and record.size not in (None, size):
            problems.add(record.file, record.record,
                         "its size is annotated as {}×{}, but {} has {}×{}".format(
                             *record.size, record.path, *size)
                         + (", turned as its EXIF says" if record.size == size[::-1] else ""))
            size = None
        sizes.append(size)
    return sizes


def _clipped(box: BoxRecord, size: tuple[int, int]) -> BoxRecord:
    x1, y1, x2, y2 = box.edges
    return box._replace(edges=(max(x1, 0.0), max(y1, 0.0), min(x2, float(size[0])),
                               min(y2, float(size[1]))))


def _check_classes(found: Annotations, boxes: list[BoxRecord], problems: Problems) -> None:
    counts = Counter(box.label for box in boxes if not box.ignored)
    for label, name in enumerate(found.class_names):
        if not counts[label]:
            problems.add(Path(found.source), f"class \"{name}\"", "has no box to learn from")

"""Reader of COCO's annotation format (one JSON file for all pictures)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from .annotations import Annotations, BoxRecord, Classes, PictureRecord, add_picture, picture_path
from .data_problems import DataError, Problems


def read_coco(path: Path, images: Path, classes: Classes, problems: Problems) -> Annotations:
    """Pictures and boxes of a COCO file whose picture names are relative to `images`.

    Classes are numbered in the order of the file's categories, or of `classes`. Boxes are
    [x, y, width, height] in edge coordinates. Raises DataError where the file is not COCO at all.
    """
    content = _load(path)
    names = _categories(path, content["categories"], problems)
    found, label_of = _classes(path, names, classes, problems)
    index_of = _pictures(path, images, content["images"], found, problems)
    _boxes(path, content["annotations"], names, label_of, index_of, found, problems)
    return found


def _load(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a COCO file, for it is not JSON: {error}") from error
    if isinstance(content, list):
        raise DataError(f"{path}: a list, not COCO annotations; are these detections?")
    for key in ("images", "annotations", "categories"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise DataError(f"{path}: not a COCO file: it has no list \"{key}\"")
    return content


def _is_id(value: Any) -> bool:
    return _is_whole(value) or isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _id(path: Path, kind: str, position: int, row: Any, problems: Problems) -> int | str | None:
    """The id of a record; None, and a problem, where it has none."""
    if isinstance(row, dict) and _is_id(row.get("id")):
        return row["id"]
    problems.add(path, f"{kind} number {position + 1}", "has no whole number or text \"id\"")
    return None


def _categories(path: Path, rows: list[Any], problems: Problems) -> dict[int | str, str]:
    names: dict[int | str, str] = {}
    for position, row in enumerate(rows):
        key = _id(path, "category", position, row, problems)
        if key is None:
            continue
        name = row.get("name")
        if not isinstance(name, str) or not name.strip():
            problems.add(path, f"category {key}", "has no name")
        elif key in names:
            problems.add(path, f"category {key}", "this id is used twice")
        elif name in names.values():
            problems.add(path, f"category {key}", f"the name \"{name}\" is used twice")
        else:
            names[key] = name
    if not rows:
        problems.add(path, "", "has no categories")
    return names


def _classes(path: Path, names: dict[int | str, str], classes: Classes,
             problems: Problems) -> tuple[Annotations, dict[int | str, int]]:
    """Empty annotations with their classes, and the class index of each category id."""
    if classes.names is None:
        expected = list(names.values())
    else:
        expected = list(classes.names)
        for key, name in names.items():
            if name not in expected and not classes.chosen:
                problems.add(path, f"category {key}",
                             f"\"{name}\" is not a class of the training data")
    id_of = {name: key for key, name in names.items()}
    for name in expected:
        if name not in id_of:
            problems.add(path, "", f"has no category \"{name}\"")
    ids = [id_of.get(name, -1) for name in expected]
    return Annotations(path, expected, ids), {key: label for label, key in enumerate(ids)}


def _pictures(path: Path, images: Path, rows: list[Any], found: Annotations,
              problems: Problems) -> dict[int | str, int]:
    """Adds the pictures; gives the index of each id (−1: known, but not usable)."""
    index_of: dict[int | str, int] = {}
    known: dict[Path, str] = {}
    for position, row in enumerate(rows):
        key = _id(path, "image", position, row, problems)
        if key is None:
            continue
        record = f"image {key}"
        if key in index_of:
            problems.add(path, record, "this id is used twice")
            continue
        index_of[key] = -1
        name, size = row.get("file_name"), (row.get("width"), row.get("height"))
        file = picture_path(images, name) if isinstance(name, str) and name else None
        if file is None:
            problems.add(path, record, f"its file_name {name!r} is not a name in the image folder")
        elif size != (None, None) and not all(_is_whole(side) and side > 0 for side in size):
            problems.add(path, record, f"its size {size[0]!r} × {size[1]!r} is no size")
        else:
            before = len(found.pictures)
            add_picture(found, known, PictureRecord(
                key, file, None if size == (None, None) else size, path, record), problems)
            index_of[key] = before if len(found.pictures) > before else -1
    return index_of


def _boxes(path: Path, rows: list[Any], names: dict[int | str, str], label_of: dict[int | str, int],
           index_of: dict[int | str, int], found: Annotations, problems: Problems) -> None:
    known: set[int | str] = set()
    for position, row in enumerate(rows):
        # Annotations may lack their ids, which say nothing of the boxes.
        if isinstance(row, dict) and row.get("id") is None:
            key = None
        elif (key := _id(path, "annotation", position, row, problems)) is None:
            continue
        record = f"annotation number {position + 1}" if key is None else f"annotation {key}"
        if key is not None and key in known:
            problems.add(path, record, "this id is used twice")
            continue
        known.add(key)
        picture, category, box = row.get("image_id"), row.get("category_id"), row.get("bbox")
        if not _is_id(picture) or picture not in index_of:
            problems.add(path, record, f"is for an unknown picture, image_id {picture!r}")
        elif not _is_id(category) or category not in names:
            problems.add(path, record, f"is of an unknown category, category_id {category!r}")
        elif not (isinstance(box, list) and len(box) == 4 and all(map(_is_number, box))):
            problems.add(path, record, f"its bbox {str(box)[:80]} is not four numbers")
        elif row.get("iscrowd") not in (None, 0, 1):
            problems.add(path, record, f"its iscrowd {str(row['iscrowd'])[:80]!r} is not 0 or 1")
        elif not _is_area(row.get("area")):
            problems.add(path, record, f"its area {str(row['area'])[:80]!r} is no area")
        elif category not in label_of:
            found.left_out += 1
        elif index_of[picture] >= 0:
            x, y, width, height = (_float(value) for value in box)
            area = row.get("area")
            found.boxes.append(BoxRecord(
                index_of[picture], (x, y, x + width, y + height), label_of[category],
                bool(row.get("iscrowd")), None if area is None else _float(area), path, record))


def _is_area(value: Any) -> bool:
    """Whether a record states an area, or none."""
    return value is None or (_is_number(value) and 0 <= _float(value) < math.inf)


def _float(value: int | float) -> float:
    """JSON's integers have no limit; what a float cannot hold is infinite."""
    try:
        return float(value)
    except OverflowError:
        return float("inf")

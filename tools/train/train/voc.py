"""Reader of PASCAL VOC's annotation format (a folder with one XML file for each picture)."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element

from .annotation_xml import RefusedXML, parse_xml
from .annotations import Annotations, BoxRecord, Classes, Edges, PictureRecord, add_picture, picture_path
from .data_problems import DataError, Problems
from .reasons import reason

SUFFIXES = (".jpg", ".jpeg", ".png", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp")
DIFFICULT = {"": False, "0": False, "false": False, "unspecified": False, "1": True, "true": True}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_voc(folder: Path, images: Path, classes: Classes, pixels_from_one: bool,
             split: Path | None, problems: Problems) -> Annotations:
    """Pictures and boxes of the XML files of a folder, in the order of their names.

    With `split` (a list of names, one a line) only those. Corners are edges from 0, or with
    `pixels_from_one` the first and last pixels, as the challenges define them. Without given
    classes these are the names found, in alphabetical order.
    """
    files = _files(folder, split, problems)
    roots = [(file, root) for file in files if (root := _root(file, problems)) is not None]
    names = list(classes.names) if classes.names is not None else sorted(
        {name for _, root in roots for o in root.findall("object") if (name := _text(o, "name"))})
    found = Annotations(folder, names, list(range(1, len(names) + 1)))
    label_of = {name: label for label, name in enumerate(names)}
    known: dict[Path, str] = {}
    counts = Counter(_text(root, "filename") for _, root in roots)
    pictures = _pictures(images)
    for file, root in roots:
        name = _text(root, "filename")
        path = _picture(file, name, counts[name] == 1, images, pictures, problems)
        if path is None:
            continue
        before = len(found.pictures)
        add_picture(found, known, PictureRecord(before + 1, path, _size(file, root, problems),
                                                file, ""), problems)
        if len(found.pictures) > before:
            for number, item in enumerate(root.findall("object"), start=1):
                _add_box(found, file, f"object {number}", item, label_of, classes.chosen,
                         pixels_from_one, problems)
    return found


def _files(folder: Path, split: Path | None, problems: Problems) -> list[Path]:
    if split is None:
        files = sorted(folder.glob("*.xml"))
        if not files:
            raise DataError(f"{folder}: has no XML files; VOC annotations are one for each picture")
        return files
    try:
        words = [line.split() for line in split.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{split}: {reason(error)}") from error
    files: dict[Path, None] = {}
    # Lists of one class (`cat_train.txt`) say −1 behind names that lack it; those are in as well.
    for name in (line[0] for line in words if line):
        file = picture_path(folder, f"{name}.xml")
        if file is None or not os.path.isfile(file):
            problems.add(split, name[:200], f"{folder} has no file of this name with .xml")
        elif file in files:
            problems.add(split, name, "is listed twice")
        else:
            files[file] = None
    if not files and not problems.count:
        raise DataError(f"{split}: lists no files")
    return list(files)


def _root(file: Path, problems: Problems) -> Element | None:
    try:
        root = parse_xml(file.read_bytes())
    except (OSError, RefusedXML) as error:
        problems.add(file, "", reason(error))
        return None
    if root.tag != "annotation":
        problems.add(file, "", f"not a VOC annotation: its root is <{root.tag}>")
        return None
    return root


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _number(text: str) -> float | None:
    if NUMBER.fullmatch(text):
        return float(text)
    return float("nan") if text.lower().lstrip("+-") in ("nan", "inf", "infinity") else None


def _picture(file: Path, name: str, is_own: bool, images: Path, pictures: dict[str, list[Path]],
             problems: Problems) -> Path | None:
    """The named picture; else the one of the XML file's own name; else of either, in any case.

    A name that is not this file's own, as several files give it, says nothing of any of them.
    """
    bare = re.split(r"[/\\]", name)[-1] if is_own else ""
    for written in (name if is_own else "", bare):
        path = picture_path(images, written) if written else None
        if path is not None and os.path.isfile(path):
            return path
    own = pictures.get(file.stem.lower(), [])
    exact = [path for path in own if path.stem == file.stem]
    found = exact or (pictures.get(Path(bare).stem.lower(), []) if bare else []) or own
    if len(found) == 1:
        return found[0]
    problems.add(file, "", f"its picture {name[:200]!r} is not in {images}" if not found else
                 f"its picture may be {found[0].name} or {found[1].name}")
    return None


def _pictures(images: Path) -> dict[str, list[Path]]:
    """The pictures of a folder by their names in lower case, without endings."""
    found: dict[str, list[Path]] = {}
    for path in sorted(images.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            found.setdefault(path.stem.lower(), []).append(path)
    return found


def _size(file: Path, root: Element, problems: Problems) -> tuple[int, int] | None:
    """(width, height); None where the file has none, or zeros for it, which is common."""
    if root.find("size") is None:
        return None
    words = [_text(root, f"size/{side}") for side in ("width", "height")]
    if all(re.fullmatch(r"[0-9]{1,9}(\.0*)?", word) for word in words):
        size = int(words[0].split(".")[0]), int(words[1].split(".")[0])
        return size if min(size) > 0 else None
    problems.add(file, "size", f"{words[0]!r} × {words[1]!r} is no size")
    return None


def _add_box(found: Annotations, file: Path, record: str, item: Element,
             label_of: dict[str, int], chosen: bool, pixels_from_one: bool,
             problems: Problems) -> None:
    name = _text(item, "name")
    if not name:
        problems.add(file, record, "has no class name")
    elif name not in label_of:
        if chosen:
            found.left_out += 1
        else:
            problems.add(file, record, f"\"{name}\" is not a class of the training data")
    else:
        edges, swapped = _edges(item, pixels_from_one)
        difficult = _text(item, "difficult").lower()
        if edges is None:
            problems.add(file, record, "has no <bndbox> of four numbers")
        elif difficult not in DIFFICULT:
            problems.add(file, record, f"its <difficult> {difficult[:80]!r} is not 0 or 1")
        else:
            found.swapped += swapped
            found.boxes.append(BoxRecord(len(found.pictures) - 1, edges, label_of[name],
                                         DIFFICULT[difficult], None, file, record))


def _edges(item: Element, pixels_from_one: bool) -> tuple[Edges | None, bool]:
    """The corners in order, and whether they were not."""
    values = [_number(_text(item, f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax")]
    if any(value is None for value in values):
        return None, False
    (x1, x2), (y1, y2) = sorted(values[::2]), sorted(values[1::2])
    first = 1 if pixels_from_one else 0
    return (x1 - first, y1 - first, x2, y2), [x1, y1, x2, y2] != values

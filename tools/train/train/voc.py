"""Reader of PASCAL VOC's annotation format (a folder with one XML file for each picture)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from .annotations import (Annotations, BoxRecord, Classes, Edges, PictureRecord, add_picture,
                          picture_path)
from .data_problems import DataError, Problems
from .reasons import reason

LARGEST_FILE = 16 << 20
DEEPEST = 32
SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class RefusedXML(ValueError):
    """XML that an annotation has no reason to contain."""


def parse_xml(data: bytes) -> Element:
    """The root element. Document types, and with them entities, and deep nesting are refused."""
    if len(data) > LARGEST_FILE:
        raise RefusedXML(f"is larger than {LARGEST_FILE >> 20} MB")
    builder, depth = TreeBuilder(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise RefusedXML(f"has elements nested deeper than {DEEPEST}")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse_document_type(*_: object) -> None:
        raise RefusedXML("has a DOCTYPE, which may define entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise RefusedXML(f"is not XML: {error}") from error
    return builder.close()


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
    for file, root in roots:
        path = _picture(file, root, images, problems)
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


def _picture(file: Path, root: Element, images: Path, problems: Problems) -> Path | None:
    """The named picture; where there is none, the one with the XML file's own name."""
    name = _text(root, "filename")
    path = picture_path(images, name) if name else None
    if path is not None and os.path.isfile(path):
        return path
    for suffix in SUFFIXES:
        beside = images / (file.stem + suffix)
        if beside.is_file():
            return beside
    problems.add(file, "", f"its picture {name[:200]!r} is not in {images}")
    return None


def _size(file: Path, root: Element, problems: Problems) -> tuple[int, int] | None:
    """(width, height); None where the file has none, or zeros for it, which is common."""
    if root.find("size") is None:
        return None
    words = [_text(root, f"size/{side}") for side in ("width", "height")]
    if all(re.fullmatch(r"[0-9]{1,9}", word) for word in words):
        size = int(words[0]), int(words[1])
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
        edges = _edges(item, pixels_from_one)
        difficult = _text(item, "difficult")
        if edges is None:
            problems.add(file, record, "has no <bndbox> of four numbers")
        elif difficult not in ("", "0", "1"):
            problems.add(file, record, f"its <difficult> {difficult[:80]!r} is not 0 or 1")
        else:
            found.boxes.append(BoxRecord(len(found.pictures) - 1, edges, label_of[name],
                                         difficult == "1", None, file, record))


def _edges(item: Element, pixels_from_one: bool) -> Edges | None:
    values = [_number(_text(item, f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax")]
    if any(value is None for value in values):
        return None
    x1, y1, x2, y2 = values
    return (x1 - 1, y1 - 1, x2, y2) if pixels_from_one else (x1, y1, x2, y2)

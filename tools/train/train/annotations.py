"""Annotated pictures, whatever file format they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .data_problems import Problems

Edges = tuple[float, float, float, float]


class PictureRecord(NamedTuple):
    """A picture of an annotation file; `size` is (width, height) as annotated, if it is."""

    id: int | str
    path: Path
    size: tuple[int, int] | None
    file: Path
    record: str


class BoxRecord(NamedTuple):
    """A box in edge coordinates (x1, y1, x2, y2) of the picture with an index.

    Ignored boxes (COCO's crowds, VOC's difficult objects) are neither learnt nor, at evaluation,
    missed or found wrongly.
    """

    picture: int
    edges: Edges
    label: int
    ignored: bool
    area: float | None
    """Area for COCO's size ranges where the file states it (that of a segment)."""
    file: Path
    record: str


@dataclass
class Annotations:
    """What a reader found. `category_ids` are the file's numbers of the classes."""

    source: Path
    class_names: list[str]
    category_ids: list[int | str]
    pictures: list[PictureRecord] = field(default_factory=list)
    boxes: list[BoxRecord] = field(default_factory=list)
    left_out: int = 0
    """Boxes of categories that were not asked for."""
    swapped: int = 0
    """Boxes whose corners were put in order."""


@dataclass(frozen=True)
class Classes:
    """The classes to read: None takes the file's own.

    `chosen` ones leave the boxes of other categories out; without it, a category beyond `names`
    is a problem (a validation file that does not fit the training file).
    """

    names: Sequence[str] | None = None
    chosen: bool = False


def refuse_duplicates(names: Sequence[str], place: str) -> None:
    """ValueError where a class has the name of another."""
    twice = [name for index, name in enumerate(names) if name in names[:index]]
    if twice:
        raise ValueError(f"{place}: the class \"{twice[0]}\" is named twice")


def picture_path(folder: Path, name: str) -> Path | None:
    """The file of a name in a folder; None where the name leads out of it."""
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        return None
    return folder / relative


def add_picture(found: Annotations, known: dict[Path, str], picture: PictureRecord,
                problems: Problems) -> None:
    """Appends a picture; a file that an earlier record already has is a problem."""
    if picture.path in known:
        problems.add(picture.file, picture.record,
                     f"picture {picture.path.name} is annotated already, by {known[picture.path]}")
        return
    known[picture.path] = picture.record or picture.file.name
    found.pictures.append(picture)

"""A data set in memory: checked annotations, and pictures decoded when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .annotations import Annotations, Classes, refuse_duplicates
from .check_data import check
from .coco import read_coco
from .config import DataOptions, SourceOptions
from .data_problems import DataError, Problems
from .pictures import read_picture
from .voc import read_voc

Say = Callable[[str], None]


class Sample(NamedTuple):
    """A picture [H, W, 3] of 8-bit RGB, its boxes (x1, y1, x2, y2) and class indices from 0."""

    picture: np.ndarray
    boxes: Tensor
    labels: Tensor


class DataSet:
    """Pictures and boxes by index.

    Ignored boxes are not in samples. Decoded pictures are kept as far as the cache goes: decoding
    would cost a small machine more than resizing.
    """

    def __init__(self, annotations: Annotations, keep_empty: bool = True,
                 cache_megabytes: int = 4096) -> None:
        """Takes annotations that `check` has passed."""
        self.class_names = annotations.class_names
        self.category_ids = annotations.category_ids
        rows: list[list[tuple[float, ...]]] = [[] for _ in annotations.pictures]
        for box in annotations.boxes:
            if not box.ignored:
                rows[box.picture].append((*box.edges, box.label))
        kept = [i for i in range(len(rows)) if keep_empty or rows[i]]
        self._records = [annotations.pictures[i] for i in kept]
        self._rows = [torch.tensor(rows[i], dtype=torch.float32).reshape(-1, 5) for i in kept]
        position = {index: i for i, index in enumerate(kept)}
        self._annotations = [box._replace(picture=position[box.picture])
                             for box in annotations.boxes if box.picture in position]
        self._pictures: dict[int, np.ndarray] = {}
        self._room = cache_megabytes << 20
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._records)

    def image_id(self, index: int) -> int:
        return self._records[index].id

    def size(self, index: int) -> tuple[int, int]:
        """(height, width), without decoding."""
        width, height = self._records[index].size
        return height, width

    def boxes(self, index: int) -> Tensor:
        """Edges [K, 4] in pixels of the picture."""
        return self._rows[index][:, :4]

    def labels(self, index: int) -> Tensor:
        return self._rows[index][:, 4].long()

    def picture(self, index: int) -> np.ndarray:
        picture = self._pictures.get(index)
        if picture is None:
            picture = read_picture(self._records[index].path)
            with self._lock:
                if picture.nbytes <= self._room and index not in self._pictures:
                    self._room -= picture.nbytes
                    self._pictures[index] = picture
        return picture

    def sample(self, index: int) -> Sample:
        return Sample(self.picture(index), self.boxes(index), self.labels(index))

    def coco(self) -> dict[str, Any]:
        """The same as the content of a COCO file, with ignored boxes as crowds."""
        images = [{"id": r.id, "file_name": r.path.name, "width": r.size[0], "height": r.size[1]}
                  for r in self._records]
        rows = []
        for number, box in enumerate(self._annotations, start=1):
            x1, y1, x2, y2 = box.edges
            area = box.area if box.area is not None else (x2 - x1) * (y2 - y1)
            rows.append({"id": number, "image_id": self._records[box.picture].id,
                         "category_id": self.category_ids[box.label],
                         "bbox": [x1, y1, x2 - x1, y2 - y1], "area": area,
                         "iscrowd": int(box.ignored)})
        categories = [{"id": key, "name": name}
                      for key, name in zip(self.category_ids, self.class_names)]
        return {"images": images, "annotations": rows, "categories": categories}


def open_data(source: SourceOptions, options: DataOptions, classes: Classes, *,
              training: bool = False, decode: bool = True, say: Say = print) -> DataSet:
    """Reads and checks a data set; DataError names everything that is wrong with it.

    For training every class needs a box, and pictures without boxes may be left out. Without
    `decode` the pictures' headers alone are checked.
    """
    images, path, problems = Path(source.images), Path(source.annotations), Problems()
    refuse_duplicates(classes.names or (), str(path))
    if not images.is_dir():
        raise DataError(f"{images}: no such folder of pictures")
    if path.is_dir():
        found = read_voc(path, images, classes, options.voc_boxes == "pixels",
                         Path(source.split) if source.split else None, problems)
    elif path.is_file() and source.split:
        raise DataError(f"{source.split}: lists VOC's XML files, but {path} is a COCO file")
    elif path.is_file():
        found = read_coco(path, images, classes, problems)
    else:
        raise DataError(f"{path}: no such file (COCO) or folder (VOC) of annotations")
    if not found.pictures and not problems.count:
        raise DataError(f"{path}: has no pictures")
    found, lines = check(found, problems, bad_boxes=options.bad_boxes,
                         decode=decode and options.decode_all, every_class=training)
    problems.raise_any()
    for line in lines:
        say(line)
    return DataSet(found, options.keep_empty or not training, options.cache_megabytes)


class RunData(NamedTuple):
    """The data sets of a run; they agree on the classes."""

    train: DataSet
    val: DataSet | None
    extra: DataSet | None


def open_run_data(options: DataOptions, decode: bool = True, say: Say = print) -> RunData:
    """Reads and checks all data of a configuration, naming the problems of all of it at once."""
    errors: list[str] = []

    def attempt(source: SourceOptions, classes: Classes, training: bool) -> DataSet | None:
        try:
            return open_data(source, options, classes, training=training, decode=decode, say=say)
        except DataError as error:
            errors.append(str(error))
            return None

    chosen = Classes(options.classes or None, chosen=bool(options.classes))
    train = attempt(options.train, chosen, training=True)
    same = Classes(train.class_names, chosen=chosen.chosen) if train else chosen
    val, extra = (attempt(source, same, training=False) if source.images else None
                  for source in (options.val, options.extra))
    if errors:
        raise DataError("\n".join(errors))
    return RunData(train, val, extra)

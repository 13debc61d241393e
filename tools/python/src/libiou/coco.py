"""Results lists in COCO's format."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from typing import Any

from .errors import IoUError, Status
from .results import Results


def coco_entries(image_id: int | str, xyxy: Any, scores: Any, labels: Any, category_ids: Sequence[int],
                 inclusive_boxes: bool) -> list[dict[str, Any]]:
    """A picture's objects in COCO's format of results."""
    pixel = 1.0 if inclusive_boxes else 0.0
    return [{"image_id": image_id, "category_id": category_ids[int(label)],
             "bbox": [float(box[0]), float(box[1]), float(box[2] - box[0] + pixel), float(box[3] - box[1] + pixel)],
             "score": float(score)}
            for box, score, label in zip(xyxy, scores, labels, strict=True)]


def write_coco(results: str | os.PathLike[str] | Results, file: str | os.PathLike[str], *,
               annotations: str | os.PathLike[str] | None = None) -> int:
    """Writes what a folder holds as a results list in COCO's format, and returns the number of its entries.

    Args:
        results: The folder, or Results with another key than `path`.
        file: The file to write, whole or not at all.
        annotations: A file in COCO's format, whose images have the numbers, by the names of their files. None: pictures
            are numbered from 1 in the order of their keys.
    """
    folder = results if isinstance(results, Results) else Results(results)
    manifest = folder.manifest()
    if manifest is None:
        raise IoUError(Status.IO_ERROR, f"results '{folder.folder}': expected a folder that a run filled, found none")
    keys = sorted(folder.keys().to_pylist())
    for one, other in zip(keys, keys[1:], strict=False):
        if one == other:
            raise IoUError(Status.BAD_DATA, f"results '{folder.folder}': expected a picture once, found {one!r} twice")
    running = {key: number for number, key in enumerate(keys, 1)}
    numbers = running if annotations is None else _numbers(keys, annotations)
    count = 0
    beside = f"{os.fspath(file)}.{uuid.uuid4().hex}"
    try:
        with open(beside, "w", encoding="utf-8") as stream:
            stream.write("[")
            for table in folder.tables():
                for row in table.select([folder.key, "boxes", "scores", "labels"]).to_pylist():
                    for entry in coco_entries(numbers[row[folder.key]], row["boxes"], row["scores"], row["labels"],
                                              manifest["category_ids"], manifest["inclusive_boxes"]):
                        stream.write(("," if count else "") + "\n" + json.dumps(entry))
                        count += 1
            stream.write("\n]\n")
        os.replace(beside, file)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)
    return count


def _numbers(keys: Sequence[Any], annotations: str | os.PathLike[str]) -> dict[Any, Any]:
    """The numbers that an annotations file gives to pictures."""
    with open(annotations, encoding="utf-8") as stream:
        listed = {os.path.basename(one["file_name"]): one["id"] for one in json.load(stream)["images"]}
    missing = [key for key in keys if os.path.basename(str(key)) not in listed]
    if missing:
        raise IoUError(Status.BAD_DATA, f"annotations '{os.fspath(annotations)}': expected an image for every picture, "
                                        f"found none for {missing[0]!r}")
    return {key: listed[os.path.basename(str(key))] for key in keys}

"""A validation split for a data set that comes without one."""

from __future__ import annotations

import json
from pathlib import Path

EVERY = 5


def folders(source: Path, work: Path) -> Path:
    """A folder with train/ and val/: the set's own, or made by holding out every fifth picture.

    Photographs that were taken one after the other are alike, so such a validation split is easier
    than pictures of another day.
    """
    if (source / "val").is_dir():
        return source
    content = json.loads((source / "train" / "annotations.json").read_text())
    images = sorted(content["images"], key=lambda image: image["file_name"])
    held_out = {image["id"] for image in images[::EVERY]}
    for name, keep in (("train", lambda i: i not in held_out), ("val", lambda i: i in held_out)):
        folder = work / "data" / source.name / name
        folder.mkdir(parents=True, exist_ok=True)
        part = {**content, "images": [i for i in content["images"] if keep(i["id"])],
                "annotations": [a for a in content["annotations"] if keep(a["image_id"])]}
        (folder / "annotations.json").write_text(json.dumps(part))
        pictures = folder / "images"
        if not pictures.is_symlink():
            pictures.symlink_to((source / "train" / "images").resolve())
    return work / "data" / source.name

"""`python -m smears data OUT` draws a data set, `python -m smears one FILE` a single picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from .scene import CLASS_NAMES, Smear, draw


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT."""
    width, height = text.lower().split("x")
    return int(width), int(height)


def save(smear: Smear, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"quality": 92} if path.suffix in (".jpg", ".jpeg") else {"optimize": True}
    Image.fromarray(smear.picture).save(path, **options)


def write_data(out: Path, count: int, seed: int, dimensions: tuple[int, int],
               zoom: tuple[float, float]) -> None:
    """`OUT/images/smear-NNNNN.jpg` and `OUT/annotations.json` in COCO's format, ids from 1."""
    images, annotations = [], []
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        smear = draw(int(rng.integers(2**62)), *dimensions, float(rng.uniform(*zoom)))
        name = f"smear-{index:05d}.jpg"
        save(smear, out / "images" / name)
        images.append({"id": index + 1, "file_name": name, "width": dimensions[0],
                       "height": dimensions[1]})
        for (x1, y1, x2, y2), label in zip(smear.boxes, smear.labels):
            annotations.append({
                "id": len(annotations) + 1, "image_id": index + 1, "category_id": label + 1,
                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0})
    content = {"info": {"description": f"drawn blood smears, seed {seed}"}, "images": images,
               "annotations": annotations,
               "categories": [{"id": i + 1, "name": n} for i, n in enumerate(CLASS_NAMES)]}
    (out / "annotations.json").write_text(json.dumps(content) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="smears", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    p = commands.add_parser("data", help="a data set in COCO format")
    p.add_argument("out", type=Path)
    p.add_argument("--count", type=int, default=200)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--size", type=size, default=(640, 480), metavar="WxH")
    p.add_argument("--zoom", type=float, nargs=2, default=(0.9, 1.1), metavar=("MIN", "MAX"))
    p = commands.add_parser("one", help="one picture")
    p.add_argument("file", type=Path)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--size", type=size, default=(640, 480), metavar="WxH")
    p.add_argument("--zoom", type=float, default=1.0)
    arguments = parser.parse_args()
    if arguments.command == "data":
        write_data(arguments.out, arguments.count, arguments.seed, arguments.size,
                   tuple(arguments.zoom))
    else:
        save(draw(arguments.seed, *arguments.size, arguments.zoom), arguments.file)


if __name__ == "__main__":
    main()

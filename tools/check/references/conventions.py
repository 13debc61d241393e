"""Metadata by the conventions of docs/metadata.md's table."""

import re

import origin_decoders as origins
from detect_test_hooks import ROOT
from detection_metadata import make_metadata, text

COCO_HOLES = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
COCO = [i for i in range(1, 91) if i not in COCO_HOLES]


def table():
    """Of each convention, the value of every key in the table's cells, or None where it is absent."""
    rows = re.findall(r"^\| `(iou\.[a-z._]+)`[^|]*\|(.*)\|$", (ROOT / "docs/metadata.md").read_text(),
                      re.MULTILINE)
    names = ("legacy", "edges", "mmdetection", "torchvision", "detectron2", "odtk")
    found = {name: {} for name in names}
    for key, cells in rows:
        cells = [cell.strip() for cell in cells.split("|")]
        if len(cells) == len(names) and key not in ("iou.anchors", "iou.classes.list"):
            for name, cell in zip(names, cells):
                value = re.match(r"`([^`]+)`", cell)
                if value or cell.startswith("–"):
                    found[name][key] = value and value.group(1)
    return found


TABLE = table()
BASES = {"legacy": origins.fork_base, "edges": origins.mmdetection_base,
         "mmdetection": origins.mmdetection_base, "torchvision": origins.torchvision_base,
         "detectron2": origins.detectron2_base, "odtk": origins.odtk_base}


def convention(name, classes, layout, iou=False, **changes):
    """Complete metadata of a convention."""
    metadata = make_metadata(layout=layout, classes=classes, iou=iou, **changes)
    rows = dict(TABLE[name])
    if not iou:
        rows = {k: v for k, v in rows.items() if k not in ("iou.alpha", "iou.fusion.order")}
    metadata |= {k: str(classes) if v == "C" else v for k, v in rows.items()}
    if name == "torchvision":
        metadata["iou.classes.list"] = " ".join(str(i) for i in COCO[:classes])
    metadata["iou.anchors"] = "\n".join(
        " ".join(text(v) for v in BASES[name](level).reshape(-1)) for level in range(5))
    for key, value in changes.items():
        metadata["iou." + key.replace("__", ".")] = value
    return {key: value for key, value in metadata.items() if value is not None}

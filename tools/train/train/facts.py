"""What a safetensors file says of its detector beside the weights, for `iouc export`.

The keys are those of docs/metadata.md, which has a section on files of weights.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .backbone import has_bottlenecks
from .config import FitOptions
from .config_file import build
from .model import Detector
from .unpickle import CheckpointError

# The paper's, where nothing else is known.
ALPHA = 0.5


@dataclass(frozen=True)
class TrainingFacts:
    """What the weights alone do not show; None where it is not known."""

    short: int | None = None
    long: int | None = None
    alpha: float | None = None
    iou_target: str | None = None

    @staticmethod
    def of_checkpoint(content: dict[str, Any], path: Path) -> TrainingFacts:
        """Of a checkpoint of this program."""
        if "data" not in content.get("options", {}):
            return TrainingFacts()
        options = build(FitOptions, content["options"], str(path))
        return TrainingFacts(options.data.short, options.data.long, content["meta"].get("alpha"),
                             "detached" if options.loss.detach_iou_target else "attached")


def described(model: Detector, class_names: list[str], facts: TrainingFacts) -> dict[str, str]:
    """The metadata of a file with the model's weights; ValueError for names that it cannot hold."""
    for name in class_names:
        if not name or any(unicodedata.category(c) == "Cc" for c in name):
            raise ValueError(f"class {name!r}: a name without control characters is needed")
    options, has_iou = model.options, model.bbox_head.retina_iou is not None
    keys = {
        "version": "1",
        "convention": "edges",
        "labels": "\n".join(class_names),
        "network.backbone": model.backbone_name,
        "network.fpn_channels": str(model.fpn_channels),
        "network.iou_head": _answer(has_iou),
        "network.p6": options.p6,
        "network.relu_before_p7": _answer(options.relu_before_p7),
        "network.bn_eps": f"{options.norm_epsilon:g}",
        "network.tower_norm": options.tower_norm,
    }
    if has_bottlenecks(model.backbone_name):
        keys["network.bottleneck_stride"] = options.bottleneck_stride
    if facts.short is not None and facts.long is not None:
        keys["input.resize"] = f"short-long {facts.short} {facts.long}"
    if has_iou:
        keys["alpha"] = f"{ALPHA if facts.alpha is None else facts.alpha:g}"
        if facts.iou_target is not None:
            keys["training.iou_target"] = facts.iou_target
    return {f"iou.{key}": value for key, value in keys.items()}


def _answer(value: bool) -> str:
    return "yes" if value else "no"


def read_described(notes: dict[str, str]) -> tuple[str | None, list[str]]:
    """Backbone and class names of a file's metadata, where it has them; also of older files."""
    labels = notes.get("iou.labels")
    return (notes.get("iou.network.backbone", notes.get("backbone")),
            labels.split("\n") if labels else json.loads(notes.get("classes", "[]")))


def read_facts(notes: dict[str, str], path: Path) -> TrainingFacts:
    """What a safetensors file of this program says, so that it can be exported again."""
    try:
        words = notes.get("iou.input.resize", "").split(" ")
        short, long = map(int, words[1:]) if words[0] == "short-long" else (None, None)
        alpha = float(notes["iou.alpha"]) if "iou.alpha" in notes else None
    except ValueError as error:
        raise CheckpointError(f"{path}: its metadata cannot be read: {error}") from error
    return TrainingFacts(short, long, alpha, notes.get("iou.training.iou_target"))

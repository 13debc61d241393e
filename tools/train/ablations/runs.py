"""The runs: data sets, variants, and the options that a run differs in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = (0, 1, 2)

Values = dict[str, Any]
"""Options of the trainer by their names in a configuration file."""

# Equal for all runs. The backbone keeps its ImageNet weights: what it gives is computed once for
# every way a picture is shown, which is what makes a run last minutes.
COMMON: Values = {
    "data.short": 320, "data.long": 448,
    "network.backbone": "mobilenetv2", "network.fpn_channels": 64, "network.tower_init": "he",
    "network.frozen_stages": 4, "network.cache_features": True,
    "schedule.steps": 500, "schedule.batch": 4, "schedule.lr": 0.02, "schedule.warmup": 50,
    "schedule.clip": 10.0,
    "run.checkpoint_every": 60, "run.threads": 1,
}

DATA_SETS: dict[str, Values] = {
    "bccd": {"augment.vertical_flip": 0.5},
    "cards": {"schedule.steps": 1000},
}

BASELINE = "baseline"
VARIANTS: dict[str, Values] = {
    BASELINE: {"loss.iou": "none"},
    "bce": {"loss.iou": "bce"},
    "bce-attached": {"loss.iou": "bce", "loss.detach_iou_target": False},
    "l1": {"loss.iou": "l1"},
    "l2": {"loss.iou": "l2"},
}

# An IoU head added to a finished baseline of the same seed; everything but the named parts stays.
FINE_TUNING: dict[str, Values] = {
    "head-only": {"network.train_only": ("bbox_head.retina_iou.",)},
    "head-and-boxes": {"network.train_only": ("bbox_head.retina_iou.", "bbox_head.retina_reg.",
                                              "bbox_head.reg_convs.")},
}
FINE_TUNING_COMMON: Values = {"loss.iou": "bce", "schedule.steps": 240, "schedule.warmup": 20}

# In this order, so that whole tables are finished early.
QUEUE = (("bccd", BASELINE), ("bccd", "bce"), ("cards", BASELINE), ("cards", "bce"),
         ("bccd", "bce-attached"), ("bccd", "head-only"), ("bccd", "l1"), ("bccd", "l2"),
         ("bccd", "head-and-boxes"))


@dataclass(frozen=True, order=True)
class Run:
    data: str
    variant: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.data}-{self.variant}-{self.seed}"

    @property
    def predicts_iou(self) -> bool:
        return self.variant != BASELINE

    @property
    def needs(self) -> Run | None:
        """The run whose weights this one starts from."""
        return Run(self.data, BASELINE, self.seed) if self.variant in FINE_TUNING else None

    def values(self, data: Path, work: Path) -> Values:
        """What the run differs in from the trainer's defaults; `data` holds train/ and val/."""
        values = {**COMMON, **DATA_SETS[self.data], "run.out": str(work / self.name),
                  "run.seed": self.seed, "data.train.images": str(data / "train" / "images"),
                  "data.train.annotations": str(data / "train" / "annotations.json")}
        if self.needs is None:
            return values | VARIANTS[self.variant]
        start = work / self.needs.name / "last.pt"
        return values | FINE_TUNING_COMMON | FINE_TUNING[self.variant] | {
            "network.start_from": str(start)}


def queue(seeds: tuple[int, ...] = SEEDS) -> list[Run]:
    return [Run(data, variant, seed) for data, variant in QUEUE for seed in seeds]

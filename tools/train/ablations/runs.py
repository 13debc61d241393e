"""The runs: data sets, variants, and the options that a run differs in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = (0, 1, 2)

# Equal for all runs. Stem to C3 keep their ImageNet weights: what they give is computed once for
# every way a picture is shown, which is what makes a run last minutes.
COMMON: dict[str, Any] = {
    "backbone": "mobilenetv2", "fpn_channels": 64, "tower_init": "he",
    "frozen_stages": 2, "cache_features": True,
    "steps": 600, "batch": 4, "lr": 0.01, "schedule": "step", "warmup": 50, "clip": 10.0,
    "short_sizes": (256,), "short": 256, "long": 352, "checkpoint_every": 60, "threads": 1,
}

DATA_SETS: dict[str, dict[str, Any]] = {
    "bccd": {"vertical_flip": True},
    "cards": {"vertical_flip": False},
}

BASELINE = "baseline"
VARIANTS: dict[str, dict[str, Any]] = {
    BASELINE: {"iou_loss": "none"},
    "bce": {"iou_loss": "bce"},
    "bce-attached": {"iou_loss": "bce", "detach_iou_target": False},
    "l1": {"iou_loss": "l1"},
    "l2": {"iou_loss": "l2"},
}

# An IoU head added to a finished baseline of the same seed; everything but the named parts stays.
FINE_TUNING: dict[str, dict[str, Any]] = {
    "head-only": {"train_only": ("bbox_head.retina_iou.",)},
    "head-and-boxes": {"train_only": ("bbox_head.retina_iou.", "bbox_head.retina_reg.",
                                      "bbox_head.reg_convs.")},
}
FINE_TUNING_COMMON: dict[str, Any] = {"iou_loss": "bce", "steps": 240, "warmup": 20,
                                      "frozen_stages": 4}

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

    def options(self, data: Path, work: Path) -> dict[str, Any]:
        """Options of `train.fit.fit`; `data` holds train/ and val/."""
        options = {**COMMON, **DATA_SETS[self.data], "data": str(data / "train"),
                   "out": str(work / self.name), "seed": self.seed}
        if self.needs:
            options |= {**FINE_TUNING_COMMON, **FINE_TUNING[self.variant],
                        "start_from": str(work / self.needs.name / "last.pt")}
        else:
            options |= VARIANTS[self.variant]
        return options


def queue(seeds: tuple[int, ...] = SEEDS) -> list[Run]:
    return [Run(data, variant, seed) for data, variant in QUEUE for seed in seeds]

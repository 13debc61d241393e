"""Result files of runs, and the statistics of several seeds."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("AP", "AP50", "AP60", "AP70", "AP75", "AP80", "AP90")


@dataclass(frozen=True)
class Result:
    """One run's content: `scores` are rows {alpha, oracle, ap, at}, by iourun if it has seen them."""

    data: str
    variant: str
    seed: int
    content: dict[str, Any]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.content.get("iourun") or self.content["pytorch"]

    def score(self, alpha: float, oracle: bool = False) -> dict[str, float]:
        """AP, AP50 … AP90 at an α; KeyError if it was not evaluated."""
        for row in self.rows:
            if abs(row["alpha"] - alpha) < 1e-6 and row["oracle"] == oracle:
                return {"AP": row["ap"], **{f"AP{t}": value for t, value in row["at"].items()}}
        raise KeyError(f"{self.data}-{self.variant}-{self.seed}: no α {alpha}, oracle {oracle}")

    @property
    def alphas(self) -> list[float]:
        return sorted(row["alpha"] for row in self.rows if not row["oracle"])


def read_results(folder: Path) -> list[Result]:
    contents = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return [Result(c["data"], c["variant"], c["seed"], c) for c in contents]


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation over seeds."""

    mean: float
    deviation: float
    count: int

    @staticmethod
    def of(values: list[float]) -> Spread:
        deviation = statistics.stdev(values) if len(values) > 1 else math.nan
        return Spread(statistics.fmean(values), deviation, len(values))

    def percent(self, signed: bool = False) -> str:
        """Such as "46.6 ± 0.4", in points of AP."""
        return f"{100 * self.mean:{'+' if signed else ''}.1f} ± {100 * self.deviation:.1f}"

    def plain(self) -> str:
        return f"{self.mean:.2f} ± {self.deviation:.2f}"
